// raw[H,W] = depth[H,W] as a texture of one channel, values as they are.
// One invocation writes one texel.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var raw: texture_storage_2d<r32float, write>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  textureStore(raw, vec2u(index % params.W, index / params.W), vec4f(depth[index], 0, 0, 1));
}
