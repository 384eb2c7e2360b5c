// Memory ceiling: y[i] = x[i], neighbouring invocations on neighbouring vec4s.
const WORKGROUP: u32 = 256;

struct Params {
  LENGTH: u32, // in vec4s
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i < params.LENGTH) { y[i] = x[i]; }
}
