// y[PH,W] = picture[PH,PW] resized to W columns as Pillow does, four 8-bit channels in a u32: the first of two passes.
// Includes: antialias.wgsl
// Float pictures are rounded to 8 bits first. One invocation computes one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  PH: u32, // picture height and width
  PW: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [PH, W]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.PH * params.W) { return; }
  let at = index % params.W;
  let range = taps(at, params.PW, params.W);
  var sum = vec3f(0);
  var total = 0.0;
  for (var tap = range.first; tap < range.end; tap++) {
    let w = weight(tap, at, params.PW, params.W);
    total += w;
    sum += w * to_byte(255 * textureLoad(picture, vec2i(tap, i32(index / params.W)), 0).rgb);
  }
  y[index] = pack4x8unorm(vec4f(to_byte(sum / total) / 255, 1));
}
