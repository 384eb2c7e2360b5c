// y[H,W,4]: the columns of a normalised picture x[H,W,4] in the opposite order.
// One invocation copies one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [H, W]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [H, W]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.H * params.W) { return; }
  let column = i % params.W;
  y[i] = x[i - column + params.W - 1 - column];
}
