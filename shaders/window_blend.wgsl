// y[i] = (1 − line[2]) · last[i] + line[2] · max(line[0] · depth[i] + line[1], 0).
// One invocation computes a value.
const WORKGROUP: u32 = 64;
struct Params {
  N: u32, // values
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [N]
@group(0) @binding(2) var<storage, read> last: array<f32>; // [N]
@group(0) @binding(3) var<storage, read> line: array<f32>; // scale, shift, part in y
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [N]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.N) { return; }
  let laid = max(line[0] * depth[i] + line[1], 0.0);
  y[i] = mix(last[i], laid, line[2]);
}
