// Include. What the kernels of depthwise read and write.
alias xelem = f32;
alias welem = f32;
struct Params {
  H: u32,
  W: u32,
  C4: u32,
  OH: u32,
  OW: u32,
  PAD_Y: u32,
  PAD_X: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<xelem>>; // [H, W, C/4]
@group(0) @binding(2) var<storage, read> weight: array<vec4<welem>>; // [K, K, C/4]
@group(0) @binding(3) var<storage, read> bias: array<vec4f>; // [C/4]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<yelem>>; // [OH, OW, C/4]
