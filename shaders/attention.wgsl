// y[T,h,:] = softmax(q · kᵀ · SCALE) · v for every head h, streaming over keys; scores are never stored.
// qkv[T, 3, HEADS, 4·D4]; y[T, HEADS, 4·D4]. Softmax state and sums in f32 (online softmax, arXiv 2205.14135).
// One invocation takes QUERIES queries of one head, KEYS keys at a time; neighbouring invocations take neighbouring
// queries and read the same keys. No workgroup memory.
// Edges: queries past T are clamped on load and skipped on store; keys past T get probability 0.
alias xelem = f32;
alias yelem = f32;
const D4: u32 = 16; // head size / 4
const QUERIES: u32 = 2;
const KEYS: u32 = 4;
const WORKGROUP: u32 = 64;
const LOWEST: f32 = -3.4028234e38;
struct Params {
  T: u32,
  HEADS: u32,
  DIMS: u32,  // D4 again: a loop bound the compiler does not unroll, where no register array is indexed
  SCALE: f32, // head size^-1/2 · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tiles = (params.T + QUERIES * WORKGROUP - 1) / (QUERIES * WORKGROUP);
  let id = group.y * groups.x + group.x;
  let head = id / tiles;
  let query0 = (id % tiles * WORKGROUP + local) * QUERIES;
  if (head >= params.HEADS || query0 >= params.T) { return; }
  let row = 3 * params.HEADS * D4;
  let key_base = (params.HEADS + head) * D4;
  let value_base = (2 * params.HEADS + head) * D4;
  var out: array<vec4f, QUERIES * D4>;
  var largest: array<f32, QUERIES>;
  var sum: array<f32, QUERIES>;
  for (var i = 0u; i < QUERIES; i++) { largest[i] = LOWEST; }
  for (var key0 = 0u; key0 < params.T; key0 += KEYS) {
    var p = array<f32, QUERIES * KEYS>(); // Tint zeroes a declaration without initializer once, not in each iteration
    for (var d = 0u; d < params.DIMS; d++) {
      var q: array<vec4f, QUERIES>;
      for (var i = 0u; i < QUERIES; i++) { q[i] = vec4f(qkv[min(query0 + i, params.T - 1) * row + head * D4 + d]); }
      for (var j = 0u; j < KEYS; j++) {
        let k = vec4f(qkv[min(key0 + j, params.T - 1) * row + key_base + d]);
        for (var i = 0u; i < QUERIES; i++) { p[i * KEYS + j] += dot(q[i], k); }
      }
    }
    for (var i = 0u; i < QUERIES; i++) {
      var top = largest[i];
      for (var j = 0u; j < KEYS; j++) {
        let score = select(LOWEST, p[i * KEYS + j] * params.SCALE, key0 + j < params.T);
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
      for (var d = 0u; d < D4; d++) { out[i * D4 + d] *= shrink; }
    }
    for (var d = 0u; d < D4; d++) {
      for (var j = 0u; j < KEYS; j++) {
        let v = vec4f(qkv[min(key0 + j, params.T - 1) * row + value_base + d]);
        for (var i = 0u; i < QUERIES; i++) { out[i * D4 + d] += p[i * KEYS + j] * v; }
      }
    }
  }
  for (var i = 0u; i < QUERIES; i++) {
    if (query0 + i < params.T) {
      for (var d = 0u; d < D4; d++) {
        y[((query0 + i) * params.HEADS + head) * D4 + d] = vec4<yelem>(out[i * D4 + d] / sum[i]);
      }
    }
  }
}
