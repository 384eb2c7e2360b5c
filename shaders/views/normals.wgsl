// normals[H,W]: surface normals as colours, n/2 + 1/2, with x right, y up and z towards the camera.
// Includes: steps.wgsl
// On a plane the inverse depth w is linear in the picture, w = n·(u,v,1) with u = (i - CX)/F, so n is read off its
// gradient. Differences across a step are left out. A pixel that is left out is transparent black.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  FOCAL: f32,
  LEAST: f32,
  RATIO: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var<storage, read_write> normals: array<u32>; // [H, W], RGBA bytes

// Mean of the differences to both sides that stay on the surface, a pixel.
fn slope(at: vec2i, along: vec2i, w: f32) -> f32 {
  let last = vec2i(i32(params.W), i32(params.H)) - 1;
  var sum = 0.0;
  var count = 0.0;
  for (var side = -1; side <= 1; side += 2) {
    let there = at + side * along;
    if (all(there >= vec2i(0)) && all(there <= last)) {
      let other = textureLoad(inverse, there, 0).x;
      if (!is_step(w, other, params.LEAST, params.RATIO)) {
        sum += f32(side) * (other - w);
        count += 1;
      }
    }
  }
  return sum / max(count, 1.0);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let at = vec2i(i32(index % params.W), i32(index / params.W));
  let w = textureLoad(inverse, at, 0).x;
  var color = vec4f(0);
  if (w >= 0) {
    let place = (vec2f(at) + 0.5 - 0.5 * vec2f(f32(params.W), f32(params.H))) / params.FOCAL;
    let gradient = params.FOCAL * vec2f(slope(at, vec2i(1, 0), w), slope(at, vec2i(0, 1), w));
    let normal = vec3f(-gradient.x, gradient.y, w - dot(gradient, place));
    let size = length(normal);
    color = vec4f(select(vec3f(0, 0, 1), normal / size, size > 0) * 0.5 + 0.5, 1);
  }
  normals[index] = pack4x8unorm(color);
}
