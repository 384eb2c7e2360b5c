// snapped[H,W]: inverse depth without the slopes that networks put between two surfaces.
// Includes: steps.wgsl
// A pixel whose 3×3 neighbours span a step takes the nearer, in value, of their smallest and largest inverse depth; in
// the middle between both it stays. So a slope gets steeper from both sides, and a plane is left alone.
const WORKGROUP: u32 = 64;
const MIDDLE: f32 = 0.1; // part of the span around its middle where a pixel stays
struct Params {
  H: u32,
  W: u32,
  LEAST: f32,
  RATIO: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>;
@group(0) @binding(2) var snapped: texture_storage_2d<r32float, write>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let at = vec2i(i32(index % params.W), i32(index / params.W));
  let last = vec2i(i32(params.W), i32(params.H)) - 1;
  let value = textureLoad(inverse, at, 0).x;
  var far = value;
  var near = value;
  for (var i = 0; i < 9; i++) {
    let other = textureLoad(inverse, clamp(at + vec2i(i % 3, i / 3) - 1, vec2i(0), last), 0).x;
    if (other >= 0) {
      far = min(far, other);
      near = max(near, other);
    }
  }
  var result = value;
  if (value >= 0 && is_step(far, near, params.LEAST, params.RATIO)) {
    let place = (value - far) / (near - far);
    if (place < 0.5 - MIDDLE / 2) { result = far; }
    if (place > 0.5 + MIDDLE / 2) { result = near; }
  }
  textureStore(snapped, at, vec4f(result, 0, 0, 1));
}
