// y[i] = x[i] · factor[0].
// One invocation computes four values.
const WORKGROUP: u32 = 64;
struct Params {
  N4: u32, // values / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [N4]
@group(0) @binding(2) var<storage, read> factor: array<f32>; // the first counts
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>; // [N4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i < params.N4) { y[i] = x[i] * factor[0]; }
}
