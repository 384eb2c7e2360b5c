// Include. Loader of conv2d: one pixel of x[H,W,C], zero outside the map.
alias xelem = f32;
const RELU_X: bool = false; // pre-activation form of the residual conv unit
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [H, W, C/4]

alias Place = u32; // where a pixel begins in x, of four channels each
fn place(iy: i32, ix: i32) -> Place {
  return (u32(iy) * params.W + u32(ix)) * params.C4;
}
fn load_at(at: Place, c4: u32) -> vec4f {
  let value = vec4f(x[at + c4]);
  if (RELU_X) { return max(value, vec4f(0)); }
  return value;
}
fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return load_at(place(iy, ix), c4);
}
