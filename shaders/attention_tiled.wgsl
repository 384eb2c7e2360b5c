// y[T,h,:] = softmax(q · kᵀ · SCALE) · v for every head h, streaming over keys; scores are never stored.
// qkv[T, 3, HEADS, 4·D4]; y[T, HEADS, 4·D4]. Softmax state and sums in f32 (online softmax, arXiv 2205.14135).
// One workgroup of 64 takes 16 queries of one head, 64 keys at a time, in three roles:
//   scores: one key each, all queries;  softmax: one query each, a quarter of the keys;  sums: four queries, four channels.
// Edges: rows past T are clamped on load and skipped on store; keys past T get probability 0.
alias xelem = f32;
alias yelem = f32;
const D4: u32 = 16; // head size / 4, at most 16
const QUERIES: u32 = 16;
const KEYS: u32 = 64;
const PARTS: u32 = KEYS / QUERIES;
const LOWEST: f32 = -3.4028234e38;
const_assert D4 <= 16;
struct Params {
  T: u32,
  HEADS: u32,
  SCALE: f32, // head size^-1/2 · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

var<workgroup> queries: array<vec4f, QUERIES * D4>;
var<workgroup> scores: array<f32, QUERIES * KEYS>; // [query, key]
var<workgroup> partial: array<f32, QUERIES * PARTS>;
var<workgroup> shrink: array<f32, QUERIES>;
var<workgroup> total: array<f32, QUERIES>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let tiles = (params.T + QUERIES - 1) / QUERIES;
  let id = group.y * groups.x + group.x;
  let head = min(id / tiles, params.HEADS - 1); // surplus workgroups of a folded grid repeat the last head
  let query0 = id % tiles * QUERIES;
  let row = 3 * params.HEADS * D4;
  let query = local % QUERIES; // softmax role
  let part = local / QUERIES;
  let channel = min(local % 16, D4 - 1); // sum role
  let first = local / 16 * 4;
  for (var i = local; i < QUERIES * D4; i += 64) {
    queries[i] = vec4f(qkv[min(query0 + i / D4, params.T - 1) * row + head * D4 + i % D4]) * params.SCALE;
  }
  var largest = LOWEST;
  var sum = 0.0; // of this part's keys
  var out: array<vec4f, 4>;
  for (var key0 = 0u; key0 < params.T; key0 += KEYS) {
    workgroupBarrier();
    let key = min(key0 + local, params.T - 1) * row + (params.HEADS + head) * D4;
    var score = array<f32, QUERIES>(); // Tint zeroes a declaration without initializer once, not in each iteration
    for (var d = 0u; d < D4; d++) {
      let k = vec4f(qkv[key + d]);
      for (var q = 0u; q < QUERIES; q++) { score[q] += dot(queries[q * D4 + d], k); }
    }
    for (var q = 0u; q < QUERIES; q++) { scores[q * KEYS + local] = select(LOWEST, score[q], key0 + local < params.T); }
    workgroupBarrier();
    var top = LOWEST;
    for (var j = part * QUERIES; j < part * QUERIES + QUERIES; j++) { top = max(top, scores[query * KEYS + j]); }
    partial[part * QUERIES + query] = top;
    workgroupBarrier();
    top = largest;
    for (var p = 0u; p < PARTS; p++) { top = max(top, partial[p * QUERIES + query]); }
    let factor = exp2(largest - top);
    largest = top;
    sum *= factor;
    if (part == 0) { shrink[query] = factor; }
    for (var j = part * QUERIES; j < part * QUERIES + QUERIES; j++) {
      let e = exp2(scores[query * KEYS + j] - top);
      scores[query * KEYS + j] = e;
      sum += e;
    }
    workgroupBarrier();
    for (var i = 0u; i < 4; i++) { out[i] *= shrink[first + i]; }
    let keys = min(KEYS, params.T - key0);
    for (var j = 0u; j < keys; j++) {
      let v = vec4f(qkv[(key0 + j) * row + (2 * params.HEADS + head) * D4 + channel]);
      for (var i = 0u; i < 4; i++) { out[i] += scores[(first + i) * KEYS + j] * v; }
    }
  }
  partial[part * QUERIES + query] = sum;
  workgroupBarrier();
  if (part == 0) {
    var all = 0.0;
    for (var p = 0u; p < PARTS; p++) { all += partial[p * QUERIES + query]; }
    total[query] = all;
  }
  workgroupBarrier();
  for (var i = 0u; i < 4; i++) {
    if (query0 + first + i < params.T && local % 16 < D4) {
      y[((query0 + first + i) * params.HEADS + head) * D4 + channel] = vec4<yelem>(out[i] / total[first + i]);
    }
  }
}
