// Include. What the kernels of conv2d read but for the map.
alias welem = f32;
struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
  N4: u32, // N / 4
  PAD_Y: u32, // rows of zeros above
  PAD_X: u32, // columns of zeros to the left
  GC4: u32, // channels / 4 that an output channel sees: all, or those of its group
  GN4: u32, // output channels of a group / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [KH, KW, 4·GC4, N/4]

fn weight_at(i: u32) -> vec4f { return vec4f(weight[i]); }
