// y[T,h,:] = softmax(q · kᵀ · SCALE) · v for every head h, streaming over keys; scores are never stored.
// qkv[T, 3, HEADS, 4·D4]; y[T, HEADS, 4·D4]. Softmax state and sums in f32 (online softmax, arXiv 2205.14135).
// One subgroup takes QUERIES queries of one head, LANES keys at a time. For the scores a lane has one key and gets
// every query from the lane that loaded it; for the sums a lane has CHANNELS vectors of channels and gets every
// probability from its key's lane. A CPU adapter pays for loads, not for exchange: eight lanes load eight values one by
// one, here all different and none twice. Edges: rows past T are clamped on load and skipped on store; keys past T get
// probability 0.
enable subgroups;
alias xelem = f32;
alias yelem = f32;
const D4: u32 = 16; // head size / 4
const QUERIES: u32 = 16; // a multiple of LANES
const LANES: u32 = 8; // invocations of a subgroup
const CHANNELS = (D4 + LANES - 1) / LANES;
const LOWEST: f32 = -3.4028234e38;
struct Params {
  T: u32,
  HEADS: u32,
  DIMS: u32, // D4, LANES and QUERIES again: loop bounds that the compiler does not unroll
  KEYS: u32,
  ROWS: u32,
  SCALE: f32, // head size^-1/2 · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tiles = (params.T + QUERIES - 1) / QUERIES;
  let id = group.y * groups.x + group.x;
  let head = id / tiles;
  if (head >= params.HEADS) { return; }
  let query0 = id % tiles * QUERIES;
  let row = 3 * params.HEADS * D4;
  let last = params.T - 1;
  var out: array<vec4f, QUERIES * CHANNELS>;
  var largest: array<f32, QUERIES>;
  var sum: array<f32, QUERIES>; // of this lane's keys
  for (var i = 0u; i < QUERIES; i++) { largest[i] = LOWEST; }
  for (var key0 = 0u; key0 < params.T; key0 += LANES) {
    var p = array<f32, QUERIES>(); // Tint zeroes a declaration without initializer once, not in each iteration
    let key = min(key0 + lane, last) * row + (params.HEADS + head) * D4;
    for (var d = 0u; d < params.DIMS; d++) {
      let k = vec4f(qkv[key + d]);
      for (var i0 = 0u; i0 < QUERIES; i0 += LANES) {
        let q = vec4f(qkv[min(query0 + i0 + lane, last) * row + head * D4 + d]) * params.SCALE;
        for (var i = 0u; i < LANES; i++) { p[i0 + i] += dot(subgroupShuffle(q, i), k); }
      }
    }
    for (var i = 0u; i < QUERIES; i++) {
      let score = select(LOWEST, p[i], key0 + lane < params.T);
      var top = max(largest[i], score);
      for (var step = 1u; step < LANES; step *= 2) { top = max(top, subgroupShuffle(top, lane ^ step)); }
      let shrink = exp2(largest[i] - top);
      largest[i] = top;
      p[i] = exp2(score - top);
      sum[i] = sum[i] * shrink + p[i];
      for (var c = 0u; c < CHANNELS; c++) { out[i * CHANNELS + c] *= shrink; }
    }
    for (var j = 0u; j < params.KEYS; j++) {
      let value = min(key0 + j, last) * row + (2 * params.HEADS + head) * D4;
      for (var c = 0u; c < CHANNELS; c++) {
        let v = vec4f(qkv[value + min(c * LANES + lane, D4 - 1)]);
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
    for (var c = 0u; c < CHANNELS; c++) {
      let channel = c * LANES + lane;
      if (query0 + i < params.T && channel < D4) {
        y[((query0 + i) * params.HEADS + head) * D4 + channel] = vec4<yelem>(out[c] / sum[0]);
      }
    }
    for (var n = 0u; n < (QUERIES - 1) * CHANNELS; n++) { out[n] = out[n + CHANNELS]; }
    for (var n = 0u; n < QUERIES - 1; n++) { sum[n] = sum[n + 1]; }
  }
}
