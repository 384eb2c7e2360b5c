// extent[H,W] = (smallest, largest) inverse depth up to RADIUS pixels to the left and right; (1, 0) where all is left
// out.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  RADIUS: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var<storage, read_write> extent: array<vec2f>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let at = vec2u(index % params.W, index / params.W);
  var far = 3e38;
  var near = -1.0;
  let last = min(at.x + params.RADIUS, params.W - 1);
  for (var x = at.x - min(at.x, params.RADIUS); x <= last; x++) {
    let w = textureLoad(inverse, vec2u(x, at.y), 0).x;
    if (w >= 0) {
      far = min(far, w);
      near = max(near, w);
    }
  }
  extent[index] = select(vec2f(1, 0), vec2f(far, near), near >= 0);
}
