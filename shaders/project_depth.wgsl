// projected[H,W] = z of depth[H,W] in the depth buffer of a camera, 0…1, as a texture of one channel.
// A depth buffer is linear in inverse depth: z = A/distance + B, whichever way it runs. Where depth is not finite it
// has the far plane. One invocation writes one texel.
const WORKGROUP: u32 = 64;
const KIND: u32 = 0; // of the depth: 0 relative inverse, 1 relative, 2 metres
struct Params {
  H: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // [H, W], f32 bits
@group(0) @binding(2) var<storage, read> range: array<f32>; // [8]: min and max come first
// [8]: inverse distance of the nearest value less that of the farthest, that of the farthest, A, B, z of the far plane
@group(0) @binding(3) var<storage, read> projection: array<f32>;
@group(0) @binding(4) var projected: texture_storage_2d<r32float, write>;

fn inverse_distance(value: f32) -> f32 {
  if (KIND == 0) {
    let nearness = clamp((value - range[0]) / (range[1] - range[0]), 0, 1);
    return projection[1] + select(0, projection[0] * nearness, range[1] > range[0]);
  }
  var scale = 1f;
  // Relative depth has a scale of its own in each map: the nearest value is put where the nearest is said to be.
  if (KIND == 1 && range[0] > 0) { scale = (projection[0] + projection[1]) * range[0]; }
  // What is at the camera or behind it is as near as can be.
  return select(3.4e38, min(scale / value, 3.4e38), value > 0);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  var z = projection[4];
  if ((depth[index] & 0x7f800000u) != 0x7f800000u) {
    // Products stay finite: beyond the planes any inverse distance does.
    let inverse = min(inverse_distance(bitcast<f32>(depth[index])), 1e9);
    z = clamp(projection[2] * inverse + projection[3], 0, 1);
  }
  textureStore(projected, vec2u(index % params.W, index / params.W), vec4f(z, 0, 0, 1));
}
