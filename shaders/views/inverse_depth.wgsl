// inverse[H,W] = 1/z of a depth map, in units of the scene, 0 for infinitely far; -1 where a pixel is left out.
// Relative inverse depth: 1/z = FAR + t·(NEAR - FAR), t = (depth - LOW)/(HIGH - LOW) cut to 0…1. Depth: 1/z =
// 1/(SCALE·depth), which may be infinite. Left out: all else that is not finite, depth that is not above 0, and sky
// from 0.5 on where asked for.
const WORKGROUP: u32 = 64;
const INVERSE: bool = true; // the map holds relative inverse depth
const SKY: bool = false; // sky[] holds how much each pixel is sky, and what is sky is left out
struct Params {
  H: u32,
  W: u32,
  LOW: f32,
  SCALE: f32, // 1/(HIGH - LOW), 0 for a flat map; of depth, units of the scene a unit of the map
  NEAR: f32, // inverse depths of both ends
  FAR: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // [H, W], f32 bits
@group(0) @binding(2) var<storage, read> sky: array<f32>; // [H, W]
@group(0) @binding(3) var inverse: texture_storage_2d<r32float, write>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let bits = depth[index];
  let value = bitcast<f32>(bits);
  var result = -1.0;
  let finite = (bits & 0x7f800000u) != 0x7f800000u;
  if (!(SKY && sky[index] >= 0.5)) {
    if (!INVERSE && bits == 0x7f800000u) {
      result = 0;
    } else if (!finite) {
      result = -1;
    } else if (INVERSE) {
      result = params.FAR + clamp((value - params.LOW) * params.SCALE, 0.0, 1.0) * (params.NEAR - params.FAR);
    } else if (value > 0) {
      result = 1 / (params.SCALE * value);
    }
  }
  textureStore(inverse, vec2u(index % params.W, index / params.W), vec4f(result, 0, 0, 1));
}
