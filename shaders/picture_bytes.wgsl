// y[H,W] = picture[PH,PW] resized on 8-bit levels, four channels in a u32: the first of two resizes.
// Includes: resample_bytes.wgsl, resample.wgsl
// Float pictures are rounded to 8 bits first. One invocation computes one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  PH: u32, // picture height and width
  PW: u32,
  H: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [H, W]

fn level(iy: u32, ix: u32) -> vec3f {
  return clamp(round(255 * textureLoad(picture, vec2u(ix, iy), 0).rgb), vec3f(0), vec3f(255));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  y[index] = pack4x8unorm(vec4f(resampled(index / params.W, index % params.W) / 255, 1));
}
