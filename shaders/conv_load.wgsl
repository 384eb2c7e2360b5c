// Include. Loader of conv2d: one pixel of x[H,W,C], zero outside the map.
alias xelem = f32;
const RELU_X: bool = false; // pre-activation form of the residual conv unit
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [H, W, C/4]

fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  let value = vec4f(x[(u32(iy) * params.W + u32(ix)) * params.C4 + c4]);
  if (RELU_X) { return max(value, vec4f(0)); }
  return value;
}
