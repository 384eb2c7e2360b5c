// Include. Where a depth value lies in a range, and which values are numbers.
fn is_finite(bits: u32) -> bool {
  return (bits & 0x7f800000u) != 0x7f800000u;
}

// (value - low) / (high - low) held to 0…1; 0 for a flat range. Halves keep the differences of huge values finite.
fn normalize_depth(value: f32, low: f32, high: f32) -> f32 {
  if (high <= low) { return 0; }
  return clamp((0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low), 0, 1);
}
