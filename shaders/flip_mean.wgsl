// y[H,W]: the mean of a map x[H,W] and of one of the flipped picture, flipped[H,W], whose columns run the other way.
// One invocation computes one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> flipped: array<f32>; // [H, W]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [H, W]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.H * params.W) { return; }
  let column = i % params.W;
  y[i] = (x[i] + flipped[i - column + params.W - 1 - column]) / 2;
}
