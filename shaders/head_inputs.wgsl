// Include. What the kernels of head read but for the map. The including file has HIDDEN, hidden channels / 4, or
// LANES, as many.
alias welem = f32;
const CHANNELS: u32 = 1; // of the last convolution: 1 or 2
struct Params {
  H: u32, // output height and width
  W: u32,
  C4: u32,
  SCALE: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight1: array<vec4<welem>>; // [3, 3, C, HIDDEN]
@group(0) @binding(2) var<storage, read> bias1: array<vec4f>; // [HIDDEN]
@group(0) @binding(3) var<storage, read> weight2: array<vec4f>; // [CHANNELS, HIDDEN]
@group(0) @binding(4) var<storage, read> bias2: array<f32>; // the first CHANNELS count

fn weight_at(i: u32) -> vec4f { return vec4f(weight1[i]); }
