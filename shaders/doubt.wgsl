// confidence[H,W], 0 to 1, of a depth map: 1 / (1 + (doubt / HALF)²). Doubt is the largest distance of other estimates
// around a pixel over its depth or, where INVERSE, over its inverse depth above what is taken for infinity: a relative
// error of depth in both. To it comes what a map is worth of a picture that shows nothing, as far as this one does.
// 0 where a value is not finite.
// One invocation computes one value. Around a pixel are TAPS × TAPS, so many pixels apart; borders are repeated.
const WORKGROUP: u32 = 64;
const INVERSE: bool = true;
const TAPS: i32 = 5;
// Of inverse depth, in standard deviations: what estimates that agree may be off, and how far infinity is below the
// least.
const NOISE: f32 = 0.15;
const MARGIN: f32 = 0.7;
// Mean relative error of a map that is the same everywhere; and share of a picture that has to show something for
// that to fall to 1/e.
const BLANK: f32 = 0.5;
const ENOUGH: f32 = 0.1;
const HALF: f32 = 0.2; // doubt of which confidence is a half
struct Params {
  H: u32,
  W: u32,
  APART: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> distance: array<f32>; // [H, W], from doubt_distance.wgsl
@group(0) @binding(3) var<storage, read> aside: array<f32>; // [H, W], the same of more estimates
@group(0) @binding(4) var<storage, read> fit: array<f32>; // [4], from doubt_fit.wgsl
@group(0) @binding(5) var<storage, read> share: array<f32>; // [1], from doubt_evidence.wgsl
@group(0) @binding(6) var<storage, read_write> confidence: array<f32>; // [H, W]

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let here = vec2i(i32(index % params.W), i32(index / params.W));
  let end = vec2i(i32(params.W), i32(params.H)) - 1;
  var off = 0.0;
  var sound = finite(depth[index]);
  for (var tap = 0; tap < TAPS * TAPS; tap++) {
    let around = (vec2i(tap % TAPS, tap / TAPS) - TAPS / 2) * i32(params.APART);
    let at = clamp(here + around, vec2i(0), end);
    let place = u32(at.y) * params.W + u32(at.x);
    sound = sound && finite(distance[place]) && finite(aside[place]);
    off = max(off, max(distance[place], aside[place]));
  }
  let value = depth[index];
  let spread = fit[2];
  let over = select(abs(value), value - min(value, fit[3]) + MARGIN * spread, INVERSE);
  let apart = (off + select(0, NOISE * spread, INVERSE)) / max(over, 1e-30);
  let ratio = (apart + BLANK * exp(-share[0] / ENOUGH)) / HALF;
  confidence[index] = select(0, 1 / (1 + ratio * ratio), sound);
}
