// y[H,W,C] = act(bilinear(low[LH,LW,C])) + added, resized with align_corners = true.
// Includes: bilinear.wgsl, epilogue.wgsl, stored.wgsl, added_nothing.wgsl
// One invocation computes four channels of a pixel.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [H·W, C/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + local;
  let pixel = at / params.C4;
  if (pixel >= params.H * params.W) { return; }
  y[at] = stored(activate(bilinear(pixel / params.W, pixel % params.W, at % params.C4)) + added(at));
}
