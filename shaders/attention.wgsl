// y[t,h,:] = act(softmax(q · kᵀ · SCALE) · v) for every head h and part, streaming over keys; scores are never stored.
// q and k [·, HEADS, 4·K4]; v and y [·, HEADS, 4·V4]. Softmax state and sums in f32: online softmax, arXiv 2205.14135.
// One invocation takes QUERIES queries of one head, KEYS keys at a time; neighbouring invocations take neighbouring
// queries and read the same keys. No workgroup memory.
// Includes: attention_whole.wgsl, attention_qkv.wgsl, epilogue.wgsl, stored.wgsl
// Edges: queries past TQ are clamped on load and skipped on store; keys past TK get probability 0.
const K4: u32 = 16; // size of a query and a key / 4
const V4: u32 = 16; // size of a value / 4
const QUERIES: u32 = 2;
const KEYS: u32 = 4;
const WORKGROUP: u32 = 64;
const LOWEST: f32 = -3.4028234e38;
struct Params {
  PARTS: u32,
  TQ: u32, // queries of a part
  TK: u32, // keys of a part
  HEADS: u32,
  DIMS: u32,  // K4 again: a loop bound the compiler does not unroll, where no register array is indexed
  SCALE: f32, // factor of the scores · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tiles = (params.TQ + QUERIES * WORKGROUP - 1) / (QUERIES * WORKGROUP);
  let id = group.y * groups.x + group.x;
  let head = id / tiles % params.HEADS;
  let part = id / tiles / params.HEADS;
  let query0 = (id % tiles * WORKGROUP + local) * QUERIES;
  if (part >= params.PARTS || query0 >= params.TQ) { return; }
  var q_at: array<u32, QUERIES>;
  var q_place: array<vec2u, QUERIES>;
  var out: array<vec4f, QUERIES * V4>;
  var largest: array<f32, QUERIES>;
  var sum: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) {
    let index = min(query0 + i, params.TQ - 1);
    q_at[i] = query_at(token(part, index), head);
    q_place[i] = query_place(part, index);
    largest[i] = LOWEST;
  }
  for (var key0 = 0u; key0 < params.TK; key0 += KEYS) {
    var k_at: array<u32, KEYS>;
    var v_at: array<u32, KEYS>;
    var k_place: array<vec2u, KEYS>;
    for (var j = 0u; j < KEYS; j++) {
      let index = min(key0 + j, params.TK - 1);
      k_at[j] = key_at(token(part, index), head);
      v_at[j] = value_at(token(part, index), head);
      k_place[j] = key_place(part, index);
    }
    var p = array<f32, QUERIES * KEYS>(); // Tint zeroes a declaration without initializer once, not in each iteration
    for (var d = 0u; d < params.DIMS; d++) {
      var q: array<vec4f, QUERIES>;
      for (var i = 0u; i < QUERIES; i++) { q[i] = query(q_at[i] + d); }
      for (var j = 0u; j < KEYS; j++) {
        let k = key(k_at[j] + d);
        for (var i = 0u; i < QUERIES; i++) { p[i * KEYS + j] += dot(q[i], k); }
      }
    }
    for (var i = 0u; i < QUERIES; i++) {
      var top = largest[i];
      for (var j = 0u; j < KEYS; j++) {
        let placed = adjusted(p[i * KEYS + j] * params.SCALE, q_place[i], k_place[j], head);
        let score = select(LOWEST, placed, key0 + j < params.TK);
        p[i * KEYS + j] = score;
        top = max(top, score);
      }
      let shrink = exp2(largest[i] - top);
      largest[i] = top;
      sum[i] *= shrink;
      for (var j = 0u; j < KEYS; j++) {
        let e = exp2(p[i * KEYS + j] - top);
        p[i * KEYS + j] = e;
        sum[i] += e;
      }
      for (var d = 0u; d < V4; d++) { out[i * V4 + d] *= shrink; }
    }
    for (var d = 0u; d < V4; d++) {
      for (var j = 0u; j < KEYS; j++) {
        let v = value(v_at[j] + d);
        for (var i = 0u; i < QUERIES; i++) { out[i * V4 + d] += p[i * KEYS + j] * v; }
      }
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    if (query0 + i < params.TQ) {
      let row = (token(part, query0 + i) * params.HEADS + head) * V4;
      for (var d = 0u; d < V4; d++) { y[row + d] = stored(activate(out[i * V4 + d] / sum[i])); }
    }
  }
}
