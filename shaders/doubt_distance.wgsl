// distance[N]: mean distance of three other estimates from a depth map, each laid onto it by its fit
// (doubt_fit.wgsl).
// One invocation computes one value.
const WORKGROUP: u32 = 64;
struct Params {
  N: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [N]
@group(0) @binding(2) var<storage, read> a: array<f32>; // [N]
@group(0) @binding(3) var<storage, read> b: array<f32>; // [N]
@group(0) @binding(4) var<storage, read> c: array<f32>; // [N]
@group(0) @binding(5) var<storage, read> fit_a: array<f32>; // [4]
@group(0) @binding(6) var<storage, read> fit_b: array<f32>; // [4]
@group(0) @binding(7) var<storage, read> fit_c: array<f32>; // [4]
@group(0) @binding(8) var<storage, read_write> distance: array<f32>; // [N]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.N) { return; }
  let others = vec3f(fit_a[0] * a[i] + fit_a[1], fit_b[0] * b[i] + fit_b[1], fit_c[0] * c[i] + fit_c[1]);
  distance[i] = dot(abs(others - depth[i]), vec3f(1.0 / 3));
}
