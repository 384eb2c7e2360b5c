// y[P, HEADS·C] of the pixels of a frame: for every pixel and head the mean of rows r_j[C] of that pixel, weighted by
// softmax_j(SCALE · q·r_j), over earlier frames and the frame itself. A row is x of its frame plus the row of `positions` for its
// place. The projection of keys is in q, and that of values is left to what reads y, so what is kept of a frame is x alone.
// Includes: frames_past.wgsl, stored.wgsl
// LANES invocations share a pixel: each takes some of the keys for all heads, then one head's softmax, then some of the channels.
// Edges: pixels past P are clamped on load and skipped on store.
alias xelem = f32;
alias yelem = f32;
const HEADS: u32 = 8;
const LANES: u32 = 8; // of a pixel: one for each head
const EACH: u32 = 4; // keys of an invocation
const PIXELS: u32 = 8; // of a workgroup
const KEYS = LANES * EACH; // the last one is the frame itself
const WORKGROUP = LANES * PIXELS;
struct Params {
  P: u32,
  C4: u32, // C / 4
  SCALE: f32, // of the scores · log2(e)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<xelem>>; // [P, HEADS, C/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [P, C/4]
@group(0) @binding(3) var<storage, read> positions: array<vec4f>; // [KEYS, C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [P, HEADS, C/4]

var<workgroup> parts: array<f32, PIXELS * KEYS * HEADS>; // scores, then what they make of a row's share

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local % LANES;
  let pixel = (group.y * groups.x + group.x) * PIXELS + local / LANES;
  let row = min(pixel, params.P - 1);
  let first = local / LANES * KEYS * HEADS;
  let count = past_count();
  let place = own_place() * params.C4;
  var scores: array<f32, HEADS * EACH>;
  for (var i = 0u; i < HEADS * EACH; i++) { scores[i] = 0; }
  var own = 0.0; // of the head `lane`
  for (var c4 = 0u; c4 < params.C4; c4++) {
    var r: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) { r[i] = past_row(i * LANES + lane, row, c4); }
    for (var head = 0u; head < HEADS; head++) {
      let wanted = vec4f(q[(row * HEADS + head) * params.C4 + c4]);
      for (var i = 0u; i < EACH; i++) { scores[head * EACH + i] += dot(wanted, r[i]); }
    }
    let self_row = vec4f(x[row * params.C4 + c4]) + positions[place + c4];
    own += dot(vec4f(q[(row * HEADS + lane) * params.C4 + c4]), self_row);
  }
  for (var i = 0u; i < EACH; i++) {
    let at = first + (i * LANES + lane) * HEADS;
    for (var head = 0u; head < HEADS; head++) { parts[at + head] = scores[head * EACH + i]; }
  }
  workgroupBarrier();
  parts[first + (KEYS - 1) * HEADS + lane] = own;
  var top = own;
  for (var j = 0u; j < count; j++) { top = max(top, parts[first + j * HEADS + lane]); }
  var sum = exp2((own - top) * params.SCALE);
  for (var j = 0u; j < count; j++) { sum += exp2((parts[first + j * HEADS + lane] - top) * params.SCALE); }
  for (var j = 0u; j < count; j++) {
    let at = first + j * HEADS + lane;
    parts[at] = exp2((parts[at] - top) * params.SCALE) / sum;
  }
  parts[first + (KEYS - 1) * HEADS + lane] = exp2((own - top) * params.SCALE) / sum;
  workgroupBarrier();
  for (var c4 = lane; c4 < params.C4; c4 += LANES) {
    var out: array<vec4f, HEADS>;
    let self_row = vec4f(x[row * params.C4 + c4]) + positions[place + c4];
    for (var head = 0u; head < HEADS; head++) { out[head] = parts[first + (KEYS - 1) * HEADS + head] * self_row; }
    for (var j = 0u; j < count; j++) {
      let r = past_row(j, row, c4);
      for (var head = 0u; head < HEADS; head++) { out[head] += parts[first + j * HEADS + head] * r; }
    }
    if (pixel >= params.P) { continue; }
    for (var head = 0u; head < HEADS; head++) { y[(row * HEADS + head) * params.C4 + c4] = stored(out[head]); }
  }
}
