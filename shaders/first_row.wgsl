// y[T,C] = x[T,C] with `row` [C] in place of its first row.
// One invocation copies four channels.
const WORKGROUP: u32 = 64;
struct Params {
  N4: u32, // T·C / 4
  C4: u32, // C / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [T, C/4]
@group(0) @binding(2) var<storage, read> row: array<vec4f>; // [C/4]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>; // [T, C/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.N4) { return; }
  if (i < params.C4) {
    y[i] = row[i];
  } else {
    y[i] = x[i];
  }
}
