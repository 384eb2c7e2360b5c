// y[t,h,:] = act(softmax(q · kᵀ · SCALE) · v) for every head h and part, streaming over keys; scores are never stored.
// q and k [·, HEADS, 4·K4]; v and y [·, HEADS, 4·V4]. Softmax state and sums in f32: online softmax, arXiv 2205.14135.
// One workgroup of 64 takes 32 queries of one head, 32 keys at a time. An invocation computes 4×4 scores, of queries
// row + 8i and keys col + 8j, and sums an eighth of the channels of 4 queries, so that a vector read serves 16
// products; state of its queries stays in its registers. Queries and keys are in workgroup memory as f32, 16 KB in all
// for head size 64, the least a device has; the keys' place then holds the probabilities. Values are read from the
// cache: the invocations of a row read a whole row of them side by side, so staging would add a barrier and save
// nothing. Edges: rows past the end are clamped on load and skipped on store; keys past the end get probability 0.
// Includes: attention_whole.wgsl, attention_qkv.wgsl, epilogue.wgsl, stored.wgsl
const K4: u32 = 16; // size of a query and a key / 4, at most 16
const V4: u32 = 16; // size of a value / 4
const SIDE: u32 = 8; // a workgroup is SIDE rows × SIDE columns; queries and keys are four times that
const TILE: u32 = 4 * SIDE;
const WORKGROUP: u32 = SIDE * SIDE;
const WIDTH: u32 = 16; // of a row in workgroup memory: K4 rounded up to a multiple of SIDE
const CHANNELS = (V4 + SIDE - 1) / SIDE; // vectors of channels an invocation sums
const TOPS: u32 = TILE * SIDE; // where each invocation's largest scores are, behind the probabilities
// for the keys, or for what TOPS ends, which is more where WIDTH is SIDE
const ROOM = TILE * WIDTH + (2 * SIDE - WIDTH) * SIDE;
const LOWEST: f32 = -3.4028234e38;
const_assert K4 <= WIDTH && WIDTH <= 2 * SIDE;
struct Params {
  PARTS: u32,
  TQ: u32, // queries of a part
  TK: u32, // keys of a part
  HEADS: u32,
  // WIDTH, and SIDE again: loop bounds that a compiler does not unroll, as 2,000 products in a row compile slowly
  DIMS: u32,
  COLUMNS: u32,
  SCALE: f32, // factor of the scores · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

var<workgroup> queries: array<vec4f, TILE * WIDTH>; // [query, slot(channels)]
// [key, slot(channels)], then probabilities [query, slot(column)] of keys column + 8j
var<workgroup> keys: array<vec4f, ROOM>;

// Rows are a multiple of all banks apart. Invocations that read the same vector of eight rows read it in eight slots.
fn slot(row: u32, i: u32) -> u32 { return i ^ (row % SIDE); }

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tiles = (params.TQ + TILE - 1) / TILE;
  let id = group.y * groups.x + group.x;
  let head = id / tiles % params.HEADS;
  let part = id / tiles / params.HEADS;
  if (part >= params.PARTS) { return; }
  let query0 = id % tiles * TILE;
  let row = local / SIDE;
  let col = local % SIDE; // of keys, and of channels
  for (var i = local; i < TILE * WIDTH; i += WORKGROUP) {
    var q = vec4f(0); // past the head size
    if (i % WIDTH < K4) {
      q = query(query_at(token(part, min(query0 + i / WIDTH, params.TQ - 1)), head) + i % WIDTH) * params.SCALE;
    }
    queries[i / WIDTH * WIDTH + slot(i / WIDTH, i % WIDTH)] = q;
  }
  var q_place: array<vec2u, 4>;
  for (var i = 0u; i < 4; i++) { q_place[i] = query_place(part, min(query0 + row + i * SIDE, params.TQ - 1)); }
  var largest = vec4f(LOWEST); // of the four queries
  var sum = vec4f(0); // of this column's keys
  var out: array<vec4f, 4 * CHANNELS>;
  for (var key0 = 0u; key0 < params.TK; key0 += TILE) {
    workgroupBarrier();
    for (var i = local; i < TILE * WIDTH; i += WORKGROUP) {
      var k = vec4f(0);
      if (i % WIDTH < K4) {
        k = key(key_at(token(part, min(key0 + i / WIDTH, params.TK - 1)), head) + i % WIDTH);
      }
      keys[i / WIDTH * WIDTH + slot(i / WIDTH, i % WIDTH)] = k;
    }
    workgroupBarrier();
    var score = array<vec4f, 4>(); // [key], of four queries
    for (var d0 = 0u; d0 < params.DIMS; d0 += 2) {
      for (var d = d0; d < d0 + 2; d++) {
        let q0 = queries[row * WIDTH + slot(row, d)];
        let q1 = queries[(row + SIDE) * WIDTH + slot(row, d)];
        let q2 = queries[(row + 2 * SIDE) * WIDTH + slot(row, d)];
        let q3 = queries[(row + 3 * SIDE) * WIDTH + slot(row, d)];
        for (var j = 0u; j < 4; j++) {
          let k = keys[(col + j * SIDE) * WIDTH + slot(col, d)];
          score[j] += vec4f(dot(q0, k), dot(q1, k), dot(q2, k), dot(q3, k));
        }
      }
    }
    for (var j = 0u; j < 4; j++) {
      let index = key0 + col + j * SIDE;
      let k_place = key_place(part, min(index, params.TK - 1));
      let placed = vec4f(
        adjusted(score[j].x, q_place[0], k_place, head),
        adjusted(score[j].y, q_place[1], k_place, head),
        adjusted(score[j].z, q_place[2], k_place, head),
        adjusted(score[j].w, q_place[3], k_place, head),
      );
      score[j] = select(vec4f(LOWEST), placed, index < params.TK);
    }
    workgroupBarrier(); // the keys have been read
    keys[TOPS + local] = max(max(score[0], score[1]), max(score[2], score[3]));
    workgroupBarrier();
    var top = largest;
    for (var c = 0u; c < SIDE; c++) { top = max(top, keys[TOPS + row * SIDE + c]); }
    let shrink = exp2(largest - top);
    largest = top;
    for (var j = 0u; j < 4; j++) { score[j] = exp2(score[j] - top); }
    sum = sum * shrink + score[0] + score[1] + score[2] + score[3];
    for (var i = 0u; i < 4; i++) {
      keys[(row + i * SIDE) * SIDE + slot(row, col)] = vec4f(score[0][i], score[1][i], score[2][i], score[3][i]);
      for (var c = 0u; c < CHANNELS; c++) { out[i * CHANNELS + c] *= shrink[i]; }
    }
    workgroupBarrier();
    for (var k = 0u; k < params.COLUMNS; k++) {
      var p: array<vec4f, 4>;
      for (var i = 0u; i < 4; i++) { p[i] = keys[(row + i * SIDE) * SIDE + slot(row, k)]; }
      for (var j = 0u; j < 4; j++) {
        let v_at = value_at(token(part, min(key0 + k + j * SIDE, params.TK - 1)), head);
        for (var c = 0u; c < CHANNELS; c++) {
          let v = value(v_at + min(c * SIDE + col, V4 - 1));
          for (var i = 0u; i < 4; i++) { out[i * CHANNELS + c] += p[i][j] * v; }
        }
      }
    }
  }
  workgroupBarrier();
  keys[local] = sum;
  workgroupBarrier();
  var total = vec4f(0);
  for (var c = 0u; c < params.COLUMNS; c++) { total += keys[row * SIDE + c]; }
  for (var i = 0u; i < 4; i++) {
    let index = query0 + row + i * SIDE;
    let y_at = (token(part, min(index, params.TQ - 1)) * params.HEADS + head) * V4;
    for (var c = 0u; c < CHANNELS; c++) {
      let channel = c * SIDE + col;
      if (index < params.TQ && channel < V4) { y[y_at + channel] = stored(activate(out[i * CHANNELS + c] / total[i])); }
    }
  }
}
