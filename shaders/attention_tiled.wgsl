// y[T,h,:] = softmax(q · kᵀ · SCALE) · v for every head h, streaming over keys; scores are never stored.
// qkv[T, 3, HEADS, 4·D4]; y[T, HEADS, 4·D4]. Softmax state and sums in f32 (online softmax, arXiv 2205.14135).
// One workgroup of 64 takes 32 queries of one head, 32 keys at a time. An invocation computes 4×4 scores, of queries
// row + 8i and keys col + 8j, and sums 4 queries × 8 channels, so that a vector read serves 16 products; state of its
// queries stays in its registers. Queries and keys are in workgroup memory as f32, 16 KB in all for head size 64, the
// least a device has; the keys' place then holds the probabilities. Values are read from the cache: the invocations of
// a row read a whole row of them side by side, so staging would add a barrier and save nothing. Edges: rows past T are
// clamped on load and skipped on store; keys past T get probability 0.
alias xelem = f32;
alias yelem = f32;
const D4: u32 = 16; // head size / 4, at most 16
const SIDE: u32 = 8; // a workgroup is SIDE rows × SIDE columns; queries and keys are four times that
const TILE: u32 = 4 * SIDE;
const WORKGROUP: u32 = SIDE * SIDE;
const WIDTH: u32 = 16; // of a row in workgroup memory: D4 rounded up to a multiple of SIDE
const CHANNELS = WIDTH / SIDE; // vectors of channels an invocation sums
const TOPS: u32 = TILE * SIDE; // where each invocation's largest scores are, behind the probabilities
// for the keys, or for what TOPS ends, which is more where WIDTH is SIDE
const ROOM = TILE * WIDTH + (2 * SIDE - WIDTH) * SIDE;
const LOWEST: f32 = -3.4028234e38;
const_assert D4 <= WIDTH && WIDTH <= 2 * SIDE;
struct Params {
  T: u32,
  HEADS: u32,
  // WIDTH, and SIDE again: loop bounds that a compiler does not unroll, as 2,000 products in a row compile slowly
  DIMS: u32,
  COLUMNS: u32,
  SCALE: f32, // head size^-1/2 · log2(e): the kernel works in powers of two
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>;

var<workgroup> queries: array<vec4f, TILE * WIDTH>; // [query, place(channels)]
// [key, place(channels)], then probabilities [query, place(column)] of keys column + 8j
var<workgroup> keys: array<vec4f, ROOM>;

// Rows are a multiple of all banks apart. Invocations that read the same vector of eight rows read it in eight places.
fn place(row: u32, i: u32) -> u32 { return i ^ (row % SIDE); }

// A vector of token t's query (part 0) or key (part 1); zero past the head size.
fn load(t: u32, part: u32, head: u32, d: u32) -> vec4f {
  if (d >= D4) { return vec4f(0); }
  return vec4f(qkv[((min(t, params.T - 1) * 3 + part) * params.HEADS + head) * D4 + d]);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tiles = (params.T + TILE - 1) / TILE;
  let id = group.y * groups.x + group.x;
  let head = id / tiles;
  if (head >= params.HEADS) { return; }
  let query0 = id % tiles * TILE;
  let row = local / SIDE;
  let col = local % SIDE; // of keys, and of channels
  let values = (2 * params.HEADS + head) * D4;
  for (var i = local; i < TILE * WIDTH; i += WORKGROUP) {
    let q = load(query0 + i / WIDTH, 0, head, i % WIDTH);
    queries[i / WIDTH * WIDTH + place(i / WIDTH, i % WIDTH)] = q * params.SCALE;
  }
  var largest = vec4f(LOWEST); // of the four queries
  var sum = vec4f(0); // of this column's keys
  var out: array<vec4f, 4 * CHANNELS>;
  for (var key0 = 0u; key0 < params.T; key0 += TILE) {
    workgroupBarrier();
    for (var i = local; i < TILE * WIDTH; i += WORKGROUP) {
      keys[i / WIDTH * WIDTH + place(i / WIDTH, i % WIDTH)] = load(key0 + i / WIDTH, 1, head, i % WIDTH);
    }
    workgroupBarrier();
    var score = array<vec4f, 4>(); // [key], of four queries
    for (var d0 = 0u; d0 < params.DIMS; d0 += 2) {
      for (var d = d0; d < d0 + 2; d++) {
        let q0 = queries[row * WIDTH + place(row, d)];
        let q1 = queries[(row + SIDE) * WIDTH + place(row, d)];
        let q2 = queries[(row + 2 * SIDE) * WIDTH + place(row, d)];
        let q3 = queries[(row + 3 * SIDE) * WIDTH + place(row, d)];
        for (var j = 0u; j < 4; j++) {
          let k = keys[(col + j * SIDE) * WIDTH + place(col, d)];
          score[j] += vec4f(dot(q0, k), dot(q1, k), dot(q2, k), dot(q3, k));
        }
      }
    }
    for (var j = 0u; j < 4; j++) { score[j] = select(vec4f(LOWEST), score[j], key0 + col + j * SIDE < params.T); }
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
      keys[(row + i * SIDE) * SIDE + place(row, col)] = vec4f(score[0][i], score[1][i], score[2][i], score[3][i]);
      for (var c = 0u; c < CHANNELS; c++) { out[i * CHANNELS + c] *= shrink[i]; }
    }
    workgroupBarrier();
    for (var k = 0u; k < params.COLUMNS; k++) {
      var p: array<vec4f, 4>;
      for (var i = 0u; i < 4; i++) { p[i] = keys[(row + i * SIDE) * SIDE + place(row, k)]; }
      for (var j = 0u; j < 4; j++) {
        let value = min(key0 + k + j * SIDE, params.T - 1) * 3 * params.HEADS * D4 + values;
        for (var c = 0u; c < CHANNELS; c++) {
          let v = vec4f(qkv[value + min(c * SIDE + col, D4 - 1)]);
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
    for (var c = 0u; c < CHANNELS; c++) {
      let query = query0 + row + i * SIDE;
      let channel = c * SIDE + col;
      if (query < params.T && channel < D4) {
        y[(query * params.HEADS + head) * D4 + channel] = vec4<yelem>(out[i * CHANNELS + c] / total[i]);
      }
    }
  }
}
