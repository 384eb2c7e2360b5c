// y[2·C] = the first row of `first` [T,C], then that of `second` [T,C].
// One invocation copies four channels.
alias yelem = f32;
const WORKGROUP: u32 = 64;

struct Params {
  C4: u32, // C / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<vec4f>; // [T, C/4]
@group(0) @binding(2) var<storage, read> second: array<vec4f>; // [T, C/4]
@group(0) @binding(3) var<storage, read_write> y: array<vec4<yelem>>; // [2·C/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= 2 * params.C4) { return; }
  if (i < params.C4) {
    y[i] = vec4<yelem>(first[i]);
  } else {
    y[i] = vec4<yelem>(second[i - params.C4]);
  }
}
