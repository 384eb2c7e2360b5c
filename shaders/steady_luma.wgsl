// luma[LH,LW] in 0…1 of a normalised picture[H,W], at half the size: a tent of 4×4 pixels, 1 3 3 1 either way, which
// leaves little of the noise of a camera. Edges are repeated.
// One invocation computes one value.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  LH: u32, // ⌈H / 2⌉
  LW: u32,
  RED: f32, // parts of luma in the normalised channels
  GREEN: f32,
  BLUE: f32,
  BLACK: f32, // luma of zeros
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> picture: array<vec4f>; // [H, W]
@group(0) @binding(2) var<storage, read_write> luma: array<f32>; // [LH, LW]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.LH * params.LW) { return; }
  let top = 2 * i32(index / params.LW) - 1;
  let left = 2 * i32(index % params.LW) - 1;
  var color = vec3f(0);
  for (var j = 0; j < 4; j++) {
    let row = clamp(top + j, 0, i32(params.H) - 1) * i32(params.W);
    for (var i = 0; i < 4; i++) {
      let weight = select(1.0, 3.0, j == 1 || j == 2) * select(1.0, 3.0, i == 1 || i == 2) / 64;
      color += weight * picture[row + clamp(left + i, 0, i32(params.W) - 1)].rgb;
    }
  }
  luma[index] = dot(color, vec3f(params.RED, params.GREEN, params.BLUE)) + params.BLACK;
}
