// Include. sums(): what the depthwise convolution gives for PIXELS neighbouring pixels of a row × 4 channels, after
// ReLU6.
alias xelem = f32;
alias welem = f32;
const K: u32 = 3;
const STRIDE: u32 = 1;
const PIXELS: u32 = 2;
const COLS: u32 = 8; // vec4s of output channels an invocation has
const WINDOW = (PIXELS - 1) * STRIDE + K;
const SUMS = PIXELS * COLS;
struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
  N4: u32, // N / 4
  PAD_Y: u32, // rows of zeros above
  PAD_X: u32, // columns of zeros to the left
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [C, N/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [H, W, C/4]
@group(0) @binding(3) var<storage, read> kernel: array<vec4<welem>>; // [K, K, C/4]
@group(0) @binding(4) var<storage, read> shift: array<vec4f>; // [C/4]

fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return vec4f(x[(u32(iy) * params.W + u32(ix)) * params.C4 + c4]);
}

fn sums(oy: u32, ox0: u32, c4: u32) -> array<vec4f, PIXELS> {
  let ix0 = i32(ox0 * STRIDE) - i32(params.PAD_X);
  var sum: array<vec4f, PIXELS>;
  for (var p = 0u; p < PIXELS; p++) { sum[p] = shift[c4]; }
  for (var ky = 0u; ky < K; ky++) {
    let iy = i32(oy * STRIDE + ky) - i32(params.PAD_Y);
    if (iy < 0 || iy >= i32(params.H)) { continue; }
    var window: array<vec4f, WINDOW>;
    for (var i = 0u; i < WINDOW; i++) { window[i] = load(iy, ix0 + i32(i), c4); }
    for (var kx = 0u; kx < K; kx++) {
      let w = vec4f(kernel[(ky * K + kx) * params.C4 + c4]);
      for (var p = 0u; p < PIXELS; p++) { sum[p] += window[p * STRIDE + kx] * w; }
    }
  }
  for (var p = 0u; p < PIXELS; p++) { sum[p] = clamp(sum[p], vec4f(0), vec4f(6)); }
  return sum;
}
