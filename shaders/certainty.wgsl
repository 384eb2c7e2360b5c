// y[i] = 1 - 1 / x[i]: from 0 to 1, of a confidence from 1 on.
// One invocation computes one value.
const WORKGROUP: u32 = 64;
struct Params {
  N: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [N]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [N]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i < params.N) { y[i] = 1 - 1 / x[i]; }
}
