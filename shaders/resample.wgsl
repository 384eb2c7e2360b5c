// Include. Where an output pixel falls among the input pixels, and the weights of cubic convolution there.
// Positions are exact quotients of integers: sides that are equal give fraction 0, so one tap has weight 1 and the rest
// 0.
struct Position {
  base: i32, // input pixel at or before the output pixel's centre
  fraction: f32, // distance past it, in [0,1)
}

fn position(numerator: i32, denominator: i32) -> Position {
  let base = numerator / denominator - select(0, 1, numerator < 0 && numerator % denominator != 0); // rounds down
  return Position(base, f32(numerator - base * denominator) / f32(denominator));
}

// Half-pixel centres: (at + 0.5)·input/output - 0.5.
fn half_pixel(at: u32, input: u32, output: u32) -> Position {
  return position(i32((2 * at + 1) * input) - i32(output), i32(2 * output));
}

// Weights of pixels base-1 … base+2 by cubic convolution with parameter a (Keys 1981), factored so that none cancels.
fn cubic(t: f32, a: f32) -> vec4f {
  let s = 1.0 - t;
  return vec4f(a * t * s * s, s * (1 + t - (a + 2) * t * t), t * (1 + s - (a + 2) * s * s), a * s * t * t);
}
