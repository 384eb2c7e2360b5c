// y[t,h,:] = act(softmax(q · kᵀ · SCALE) · v) for every head h and part, streaming over keys; scores are never stored.
// q and k [·, HEADS, 4·K4]; v and y [·, HEADS, 4·V4]. Softmax state and sums in f32: online softmax, arXiv 2205.14135.
// One subgroup takes QUERIES queries of one head, LANES keys at a time. For the scores a lane has one key and gets
// every query from the lane that loaded it; for the sums a lane has CHANNELS vectors of channels and gets every
// probability from its key's lane. A CPU adapter pays for loads, not for exchange: eight lanes load eight values one by
// one, here all different and none twice. Edges: rows past T are clamped on load and skipped on store; keys past T get
// probability 0.
// Includes: attention_whole.wgsl, attention_qkv.wgsl, epilogue.wgsl, stored.wgsl
enable subgroups;
const K4: u32 = 16; // size of a query and a key / 4
const V4: u32 = 16; // size of a value / 4
const QUERIES: u32 = 16; // a multiple of LANES
const LANES: u32 = 8; // invocations of a subgroup
const CHANNELS = (V4 + LANES - 1) / LANES;
const LOWEST: f32 = -3.4028234e38;
struct Params {
  PARTS: u32,
  TQ: u32, // queries of a part
  TK: u32, // keys of a part
  HEADS: u32,
  DIMS: u32, // K4, LANES and QUERIES again: loop bounds that the compiler does not unroll
  KEYS: u32,
  ROWS: u32,
  SCALE: f32, // factor of the scores · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tiles = (params.TQ + QUERIES - 1) / QUERIES;
  let id = group.y * groups.x + group.x;
  let head = id / tiles % params.HEADS;
  let part = id / tiles / params.HEADS;
  if (part >= params.PARTS) { return; }
  let query0 = id % tiles * QUERIES;
  var q_place: array<vec2u, QUERIES>;
  var out: array<vec4f, QUERIES * CHANNELS>;
  var largest: array<f32, QUERIES>;
  var sum: array<f32, QUERIES>; // of this lane's keys
  for (var i = 0u; i < QUERIES; i++) {
    q_place[i] = query_place(part, min(query0 + i, params.TQ - 1));
    largest[i] = LOWEST;
  }
  for (var key0 = 0u; key0 < params.TK; key0 += LANES) {
    var p = array<f32, QUERIES>(); // Tint zeroes a declaration without initializer once, not in each iteration
    let index = min(key0 + lane, params.TK - 1);
    let k_at = key_at(token(part, index), head);
    let k_place = key_place(part, index);
    for (var d = 0u; d < params.DIMS; d++) {
      let k = key(k_at + d);
      for (var i0 = 0u; i0 < QUERIES; i0 += LANES) {
        let q = query(query_at(token(part, min(query0 + i0 + lane, params.TQ - 1)), head) + d) * params.SCALE;
        for (var i = 0u; i < LANES; i++) { p[i0 + i] += dot(subgroupShuffle(q, i), k); }
      }
    }
    for (var i = 0u; i < QUERIES; i++) {
      let score = select(LOWEST, adjusted(p[i], q_place[i], k_place, head), key0 + lane < params.TK);
      var top = max(largest[i], score);
      for (var step = 1u; step < LANES; step *= 2) { top = max(top, subgroupShuffle(top, lane ^ step)); }
      let shrink = exp2(largest[i] - top);
      largest[i] = top;
      p[i] = exp2(score - top);
      sum[i] = sum[i] * shrink + p[i];
      for (var c = 0u; c < CHANNELS; c++) { out[i * CHANNELS + c] *= shrink; }
    }
    for (var j = 0u; j < params.KEYS; j++) {
      let row = value_at(token(part, min(key0 + j, params.TK - 1)), head);
      for (var c = 0u; c < CHANNELS; c++) {
        let v = value(row + min(c * LANES + lane, V4 - 1));
        for (var i = 0u; i < QUERIES; i++) { out[i * CHANNELS + c] += subgroupShuffle(p[i], j) * v; }
      }
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    for (var step = 1u; step < LANES; step *= 2) { sum[i] += subgroupShuffle(sum[i], lane ^ step); }
  }
  // The first query is stored and the others move up: an array indexed by a loop that is not unrolled would leave the
  // registers.
  for (var i = 0u; i < params.ROWS; i++) {
    let row = (token(part, min(query0 + i, params.TQ - 1)) * params.HEADS + head) * V4;
    for (var c = 0u; c < CHANNELS; c++) {
      let channel = c * LANES + lane;
      if (query0 + i < params.TQ && channel < V4) { y[row + channel] = stored(activate(out[c] / sum[0])); }
    }
    for (var n = 0u; n < (QUERIES - 1) * CHANNELS; n++) { out[n] = out[n + CHANNELS]; }
    for (var n = 0u; n < QUERIES - 1; n++) { sum[n] = sum[n + 1]; }
  }
}
