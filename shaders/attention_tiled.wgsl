// y[t,h,:] = act(softmax(q · kᵀ · SCALE) · v) for every head h and part, streaming over keys; scores are never stored.
// q and k [·, HEADS, 4·K4]; v and y [·, HEADS, 4·V4]. Softmax state and sums in f32: online softmax, arXiv 2205.14135.
// One workgroup takes 4·ROWS queries of one head, 4·COLUMNS keys at a time. An invocation computes 4×4 scores, of
// queries row + ROWS·i and keys col + COLUMNS·j, and sums the channels of its column for its 4 queries, so that a
// vector read serves 16 products; state of its queries stays in its registers. STEP vectors of channels of queries and
// keys at a time are in workgroup memory, 9 KB whatever the head size, so that a SIMD of AMD's holds three waves of 64;
// the probabilities take the place of the keys. A row of keys is padded by one, so that neighbours read different
// banks. Values are read from the cache: the invocations of a row read a whole row of them side by side.
// Edges: rows past the end are clamped on load and skipped on store; keys past the end get probability 0.
// Includes: attention_whole.wgsl, attention_qkv.wgsl, epilogue.wgsl, stored.wgsl
const K4: u32 = 16; // size of a query and a key / 4
const V4: u32 = 16; // size of a value / 4
const SLICES: u32 = 1; // of a value, a workgroup each: the sums of wide ones do not fit in registers
const ROWS: u32 = 8;
const COLUMNS: u32 = 8;
const STEP: u32 = 8; // vectors, 4 or 8
const LEAN: bool = false; // for few registers: no compiler unrolls the scores
const QUERIES = 4 * ROWS;
const KEYS = 4 * COLUMNS;
const WORKGROUP = ROWS * COLUMNS;
const STEPS = (K4 + STEP - 1) / STEP;
const NEAR = WORKGROUP / STEP; // tokens of which an invocation each brings a vector at a time
const LINES = max(STEP, ROWS);
const ACROSS = max(ROWS, COLUMNS);
const CHANNELS = (V4 + SLICES * COLUMNS - 1) / (SLICES * COLUMNS); // vectors of channels an invocation sums
const LOWEST: f32 = -3.4028234e38;

struct Params {
  PARTS: u32,
  TQ: u32, // queries of a part
  TK: u32, // keys of a part
  HEADS: u32,
  SCALE: f32, // factor of the scores · log2(e): the kernel works in powers of two
  LOOP: u32, // COLUMNS again: a loop bound that no compiler unrolls, as 1,000 products in a row compile slowly
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

// Nested arrays, whose indices Tint proves: no clamp in the loops.
// [channels][row][i]: query row + ROWS·i; then the largest scores of four queries, [row][col][0]
var<workgroup> queries: array<array<array<vec4f, 4>, ACROSS>, LINES>;
// [channels][col][j]: key col + COLUMNS·j; then the probabilities of four queries, [row][col][j]
var<workgroup> keys: array<array<array<vec4f, 5>, COLUMNS>, LINES>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tiles = (params.TQ + QUERIES - 1) / QUERIES;
  let linear = group.y * groups.x + group.x;
  let first_channel = linear % SLICES * CHANNELS * COLUMNS;
  let id = linear / SLICES;
  let head = id / tiles % params.HEADS;
  let part = id / tiles / params.HEADS;
  if (part >= params.PARTS) { return; }
  let query0 = id % tiles * QUERIES;
  let row = local / COLUMNS;
  let col = local % COLUMNS; // of keys, and of channels
  let line = local / NEAR;
  let near = local % NEAR;
  var q_at: array<u32, QUERIES / NEAR>; // queries that this invocation brings
  for (var i = 0u; i < QUERIES / NEAR; i++) {
    q_at[i] = query_at(token(part, min(query0 + near + i * NEAR, params.TQ - 1)), head);
  }
  var q_place: array<vec2u, 4>;
  for (var i = 0u; i < 4; i++) { q_place[i] = query_place(part, min(query0 + row + i * ROWS, params.TQ - 1)); }
  var largest = vec4f(LOWEST); // of the four queries
  var sum = vec4f(0); // of this column's keys
  var out: array<vec4f, 4 * CHANNELS>;
  for (var key0 = 0u; key0 < params.TK; key0 += KEYS) {
    var score = array<vec4f, 4>(); // [key], of four queries
    for (var step = 0u; step < STEPS; step++) {
      workgroupBarrier();
      let d4 = step * STEP + line;
      for (var i = 0u; i < QUERIES / NEAR; i++) {
        let t = near + i * NEAR;
        queries[line][t % ROWS][t / ROWS] = select(vec4f(0), query(q_at[i] + d4), d4 < K4);
      }
      for (var i = 0u; i < KEYS / NEAR; i++) {
        let t = near + i * NEAR;
        let at = key_at(token(part, min(key0 + t, params.TK - 1)), head) + d4;
        keys[line][t % COLUMNS][t / COLUMNS] = select(vec4f(0), key(at), d4 < K4);
      }
      workgroupBarrier();
      for (var left = select(STEP, STEP * min(params.TK, 1), LEAN); left > 0; left--) {
        let d = (STEP - left) % STEP;
        let q0 = queries[d][row][0];
        let q1 = queries[d][row][1];
        let q2 = queries[d][row][2];
        let q3 = queries[d][row][3];
        for (var j = 0u; j < 4; j++) {
          let k = keys[d][col][j];
          score[j] += vec4f(q0.x, q1.x, q2.x, q3.x) * k.x;
          score[j] += vec4f(q0.y, q1.y, q2.y, q3.y) * k.y;
          score[j] += vec4f(q0.z, q1.z, q2.z, q3.z) * k.z;
          score[j] += vec4f(q0.w, q1.w, q2.w, q3.w) * k.w;
        }
      }
    }
    for (var j = 0u; j < 4; j++) {
      let index = key0 + col + j * COLUMNS;
      let k_place = key_place(part, min(index, params.TK - 1));
      let scaled = score[j] * params.SCALE;
      let placed = vec4f(
        adjusted(scaled.x, q_place[0], k_place, head),
        adjusted(scaled.y, q_place[1], k_place, head),
        adjusted(scaled.z, q_place[2], k_place, head),
        adjusted(scaled.w, q_place[3], k_place, head),
      );
      score[j] = select(vec4f(LOWEST), placed, index < params.TK);
    }
    workgroupBarrier(); // queries and keys have been read
    queries[row][col][0] = max(max(score[0], score[1]), max(score[2], score[3]));
    workgroupBarrier();
    var top = largest;
    for (var c = 0u; c < COLUMNS; c++) { top = max(top, queries[row][c][0]); }
    let shrink = exp2(largest - top);
    largest = top;
    sum *= shrink;
    for (var j = 0u; j < 4; j++) {
      let p = exp2(score[j] - top);
      sum += p;
      keys[row][col][j] = p;
    }
    for (var i = 0u; i < 4; i++) {
      for (var c = 0u; c < CHANNELS; c++) { out[i * CHANNELS + c] *= shrink[i]; }
    }
    workgroupBarrier();
    for (var k = 0u; k < params.LOOP; k++) {
      for (var j = 0u; j < 4; j++) {
        let p = keys[row][k % COLUMNS][j];
        let at = value_at(token(part, min(key0 + k + j * COLUMNS, params.TK - 1)), head);
        for (var c = 0u; c < CHANNELS; c++) {
          let v = value(at + min(first_channel + c * COLUMNS + col, V4 - 1));
          for (var i = 0u; i < 4; i++) { out[i * CHANNELS + c] += p[i] * v; }
        }
      }
    }
  }
  workgroupBarrier();
  keys[row][col][0] = sum;
  workgroupBarrier();
  var total = vec4f(0);
  for (var c = 0u; c < COLUMNS; c++) { total += keys[row][c][0]; }
  for (var i = 0u; i < 4; i++) {
    let index = query0 + row + i * ROWS;
    let y_at = (token(part, min(index, params.TQ - 1)) * params.HEADS + head) * V4;
    for (var c = 0u; c < CHANNELS; c++) {
      let channel = first_channel + c * COLUMNS + col;
      if (index < params.TQ && channel < V4) { y[y_at + channel] = stored(activate(out[i * CHANNELS + c] / total[i])); }
    }
  }
}
