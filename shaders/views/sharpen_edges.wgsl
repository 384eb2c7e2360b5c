// sharpened[H,W]: inverse depth without the slopes that networks put between two surfaces.
// Includes: steps.wgsl
// Where the smallest and largest inverse depth within RADIUS pixels are a step apart that no floor makes, a value in
// the middle between both belongs to the nearer of them: with p its place between the two, p' = min(p, (1/2 - p)·FOLD)
// in the lower half, and likewise in the upper. So values near either end stay, and between them there is one step.
const WORKGROUP: u32 = 64;
const FOLD: f32 = 0.25;
struct Params {
  H: u32,
  W: u32,
  RADIUS: u32,
  LEAST: f32, // of a step between neighbours
  RATIO: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> extent: array<vec2f>; // [H, W], from reach_rows.wgsl
@group(0) @binding(3) var sharpened: texture_storage_2d<r32float, write>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let at = vec2u(index % params.W, index / params.W);
  let value = textureLoad(inverse, at, 0).x;
  var far = value;
  var near = value;
  let last = min(at.y + params.RADIUS, params.H - 1);
  for (var y = at.y - min(at.y, params.RADIUS); y <= last; y++) {
    let ends = extent[y * params.W + at.x];
    if (ends.x <= ends.y) {
      far = min(far, ends.x);
      near = max(near, ends.y);
    }
  }
  var result = value;
  if (value >= 0 && is_step(far, near, 2 * f32(params.RADIUS) * params.LEAST, params.RATIO)) {
    let place = (value - far) / (near - far);
    let lower = min(place, 1 - place);
    let folded = min(lower, (0.5 - lower) * FOLD);
    result = far + (near - far) * select(folded, 1 - folded, place > 0.5);
  }
  textureStore(sharpened, at, vec4f(result, 0, 0, 1));
}
