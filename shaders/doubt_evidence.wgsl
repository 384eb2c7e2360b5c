// share[1]: of at most 64×64 pixels of a picture, evenly spread, the part around which there is something to see: the
// values of a channel are further apart than noise is. What has neither edge nor texture tells nothing of its depth.
// One workgroup. Around a pixel are TAPS × TAPS, so many pixels apart; borders are repeated.
const WORKGROUP: u32 = 128;
const SIDE: u32 = 64; // samples along a side, at most
const TAPS: i32 = 5;
struct Params {
  H: u32,
  W: u32,
  APART: u32,
  STEP_R: f32, // how far apart values are that are seen, in the unit of the channel
  STEP_G: f32,
  STEP_B: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> picture: array<vec4f>; // [H, W], as networks see it
@group(0) @binding(2) var<storage, read_write> share: array<f32>; // [1]

var<workgroup> partial: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (any(group != vec3u(0))) { return; }
  let grid = min(vec2u(params.W, params.H), vec2u(SIDE));
  let end = vec2i(i32(params.W), i32(params.H)) - 1;
  let steps = vec3f(params.STEP_R, params.STEP_G, params.STEP_B);
  var seen = 0u;
  for (var i = local; i < grid.x * grid.y; i += WORKGROUP) {
    let here = (2 * vec2u(i % grid.x, i / grid.x) + 1) * vec2u(params.W, params.H) / (2 * grid);
    var least = picture[here.y * params.W + here.x].xyz;
    var most = least;
    for (var tap = 0; tap < TAPS * TAPS; tap++) {
      let around = (vec2i(tap % TAPS, tap / TAPS) - TAPS / 2) * i32(params.APART);
      let at = clamp(vec2i(here) + around, vec2i(0), end);
      let value = picture[u32(at.y) * params.W + u32(at.x)].xyz;
      least = min(least, value);
      most = max(most, value);
    }
    seen += select(0u, 1u, any(most - least > steps));
  }
  partial[local] = seen;
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (local < half) { partial[local] += partial[local + half]; }
    workgroupBarrier();
  }
  if (local == 0) { share[0] = f32(partial[0]) / f32(grid.x * grid.y); }
}
