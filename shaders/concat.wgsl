// y[r,:] = a[r,:] and then b[r,:]: the channels of two maps as those of one.
// One invocation copies four channels; neighbours copy neighbouring channels.
alias aelem = f32;
alias belem = f32;
alias yelem = f32;
const WORKGROUP: u32 = 64;

struct Params {
  R: u32,  // rows
  A4: u32, // channels of a / 4
  B4: u32, // channels of b / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4<aelem>>; // [R, A4]
@group(0) @binding(2) var<storage, read> b: array<vec4<belem>>; // [R, B4]
@group(0) @binding(3) var<storage, read_write> y: array<vec4<yelem>>; // [R, A4 + B4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + local;
  let row = at / (params.A4 + params.B4);
  let c4 = at % (params.A4 + params.B4);
  if (row >= params.R) { return; }
  if (c4 < params.A4) {
    y[at] = vec4<yelem>(a[row * params.A4 + c4]);
  } else {
    y[at] = vec4<yelem>(b[row * params.B4 + c4 - params.A4]);
  }
}
