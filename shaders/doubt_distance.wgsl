// distance[H,W]: the larger distance of two other estimates from a depth map, each laid onto it by its fit
// (doubt_fit.wgsl). Where only one of them shows a pixel, that one counts. Towards an end inside of the map an estimate
// counts less and less, by a cubic: where it counts for nothing it ends, so that the distance does not jump.
// One invocation computes one value.
const WORKGROUP: u32 = 64;
const FADE: f32 = 0.08; // share of a side, over which an estimate counts less
struct Params {
  H: u32,
  W: u32,
  A_TOP: u32, // of what a shows, and left column, and ends of its rows and columns
  A_LEFT: u32,
  A_BOTTOM: u32,
  A_RIGHT: u32,
  B_TOP: u32,
  B_LEFT: u32,
  B_BOTTOM: u32,
  B_RIGHT: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> a: array<f32>; // [H, W]
@group(0) @binding(3) var<storage, read> b: array<f32>; // [H, W]
@group(0) @binding(4) var<storage, read> fit_a: array<f32>; // [4]
@group(0) @binding(5) var<storage, read> fit_b: array<f32>; // [4]
@group(0) @binding(6) var<storage, read_write> distance: array<f32>; // [H, W]

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

// How much an estimate of a part of a map counts, 0 to 1.
fn counts(at: vec2u, top_left: vec2u, bottom_right: vec2u) -> f32 {
  if (any(at < top_left) || any(at >= bottom_right)) { return 0; }
  let sides = vec2u(params.W, params.H);
  let after = select((vec2f(at - top_left) + 0.5) / (FADE * vec2f(sides)), vec2f(1), top_left == vec2u(0));
  let before = select((vec2f(bottom_right - at) - 0.5) / (FADE * vec2f(sides)), vec2f(1), bottom_right == sides);
  let share = smoothstep(vec2f(0), vec2f(1), min(after, before));
  return share.x * share.y;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (i >= params.H * params.W) { return; }
  let at = vec2u(i % params.W, i / params.W);
  let of_a = counts(at, vec2u(params.A_LEFT, params.A_TOP), vec2u(params.A_RIGHT, params.A_BOTTOM));
  let of_b = counts(at, vec2u(params.B_LEFT, params.B_TOP), vec2u(params.B_RIGHT, params.B_BOTTOM));
  let off_a = select(0, of_a * abs(fit_a[0] * a[i] + fit_a[1] - depth[i]), of_a > 0);
  let off_b = select(0, of_b * abs(fit_b[0] * b[i] + fit_b[1] - depth[i]), of_b > 0);
  // A sum is not finite where one of them is not; a maximum may be.
  distance[i] = select(off_a + off_b, max(off_a, off_b), finite(off_a) && finite(off_b));
}
