// Include. Pillow's antialiased bicubic (a = -0.5) along one axis: the support grows with the shrink factor, weights
// sum to 1, and every pass rounds and clamps to 0…255. Pillow holds the weights as 22-bit integers, these are f32:
// results differ by one only where a value falls on a rounding boundary to within about 1e-4.
struct Taps {
  first: i32,
  end: i32,
}

// Input pixels under the kernel centred on output pixel `at`.
fn taps(at: u32, input: u32, output: u32) -> Taps {
  let center = i32((2 * at + 1) * input); // in units of 1 / (2·output), as are the next two
  let support = i32(4 * max(input, output));
  let half = i32(output);
  return Taps(max(0, center - support + half) / (2 * half), min(i32(input), (center + support + half) / (2 * half)));
}

// Weight of input pixel `tap` before normalisation.
fn weight(tap: i32, at: u32, input: u32, output: u32) -> f32 {
  let offset = abs((2 * tap + 1) * i32(output) - i32((2 * at + 1) * input));
  let t = f32(offset) / f32(2 * max(input, output));
  if (t >= 2) { return 0; }
  if (t >= 1) { return -0.5 * (t - 1) * (t - 2) * (t - 2); }
  return (1.5 * t - 2.5) * t * t + 1;
}

// Nearest whole number in 0…255, halves up.
fn to_byte(color: vec3f) -> vec3f {
  return clamp(floor(color + 0.5), vec3f(0), vec3f(255));
}
