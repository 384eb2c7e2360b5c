// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var + EPS),
// with one scale and shift or two. For GPUs.
// Includes: gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes ROWS whole rows, one invocation ROWS rows × 4 columns in registers, so that weights are read once for
// ROWS rows. STEP of K of the rows of x at a time go through workgroup memory, transposed, so that four rows are one read, and the
// next while the last are multiplied. Statistics are added up in a fixed order and two passes.
// Edges: K is filled up with zeros in x; rows past M are clamped on load and skipped on store.
alias welem = f32;
const COLS: u32 = 96; // N / 4, at most 256: the invocations of a workgroup
const ROWS: u32 = 16; // a multiple of 4
const STEP4: u32 = 8; // K of a step / 4
struct Params {
  M: u32,
  N4: u32, // N / 4 = COLS
  K4: u32, // K / 4
  EPS: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [K, N/4]
@group(0) @binding(3) var<storage, read> affine: array<vec4f>; // [2, N/4]: bias, gamma; one binding, as two norms need all eight
@group(0) @binding(4) var<storage, read> residual: array<vec4f>; // [M, N/4]
@group(0) @binding(7) var<storage, read_write> sum: array<vec4f>; // [M, N/4]

const QUADS: u32 = ROWS / 4; // of rows
const TILE: u32 = 4 * STEP4 * QUADS;
var<workgroup> tiles: array<vec4f, 2 * TILE>; // [STEP, QUADS] twice: four rows
var<workgroup> partial: array<vec4f, COLS>; // four rows at once

// Sums of one value of every invocation for each of four rows.
fn total(value: vec4f, local: u32) -> vec4f {
  workgroupBarrier();
  partial[local] = value;
  for (var count = COLS; count > 1; count = (count + 1) / 2) {
    let half = (count + 1) / 2;
    workgroupBarrier();
    if (local + half < count) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  return partial[0];
}

// The same for the rows of the first `quads` of `values`.
fn totals(values: array<vec4f, QUADS>, quads: u32, local: u32) -> array<vec4f, QUADS> {
  var all: array<vec4f, QUADS>;
  for (var quad = 0u; quad < quads; quad++) {
    var value = values[0];
    for (var i = 1u; i < QUADS; i++) { value = select(value, values[i], quad == i); }
    value = total(value, local);
    for (var i = 0u; i < QUADS; i++) { all[i] = select(all[i], value, quad == i); }
  }
  return all;
}

@compute @workgroup_size(COLS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) col: u32) {
  let row0 = (group.y * groups.x + group.x) * ROWS;
  if (row0 >= params.M) { return; }
  let end = min(row0 + ROWS, params.M);
  var acc: array<vec4f, ROWS>;
  let steps = (params.K4 + STEP4 - 1) / STEP4;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var at = col; at < QUADS * STEP4; at += COLS) {
        let k4 = step * STEP4 + at % STEP4;
        let row = row0 + at / STEP4 * 4;
        var four = array<vec4f, 4>();
        if (k4 < params.K4) {
          for (var i = 0u; i < 4; i++) { four[i] = load(min(row + i, params.M - 1), k4); }
        }
        let first = step % 2 * TILE + at % STEP4 * 4 * QUADS + at / STEP4;
        for (var c = 0u; c < 4; c++) { tiles[first + c * QUADS] = vec4f(four[0][c], four[1][c], four[2][c], four[3][c]); }
      }
    }
    if (step > 0) {
      for (var k = 0u; k < 4 * STEP4; k++) {
        let b = vec4f(weight[min((step - 1) * 4 * STEP4 + k, 4 * params.K4 - 1) * params.N4 + col]);
        for (var q = 0u; q < QUADS; q++) {
          let a = tiles[(step - 1) % 2 * TILE + k * QUADS + q];
          for (var i = 0u; i < 4; i++) { acc[4 * q + i] += a[i] * b; }
        }
      }
    }
    workgroupBarrier();
  }
  let bias = affine[col];
  let gamma = affine[params.N4 + col];
  for (var i = 0u; i < ROWS; i++) { acc[i] = gamma * (acc[i] + bias); }
  // Loops over rows that are not unrolled: some drivers take seconds to compile a load and a store for every row.
  for (var row = row0; row < end; row++) {
    let old = residual[row * params.N4 + col];
    for (var i = 0u; i < ROWS; i++) { acc[i] += select(vec4f(0), old, row - row0 == i); }
  }
  let one = vec4f(1);
  let count = f32(params.N4 * 4);
  let quads = (end - row0 + 3) / 4;
  var values: array<vec4f, QUADS>;
  for (var q = 0u; q < QUADS; q++) { values[q] = vec4f(dot(acc[4 * q], one), dot(acc[4 * q + 1], one), dot(acc[4 * q + 2], one), dot(acc[4 * q + 3], one)); }
  let sums = totals(values, quads, col);
  for (var q = 0u; q < QUADS; q++) {
    let d0 = acc[4 * q] - sums[q].x / count;
    let d1 = acc[4 * q + 1] - sums[q].y / count;
    let d2 = acc[4 * q + 2] - sums[q].z / count;
    let d3 = acc[4 * q + 3] - sums[q].w / count;
    values[q] = vec4f(dot(d0, d0), dot(d1, d1), dot(d2, d2), dot(d3, d3));
  }
  let squares = totals(values, quads, col);
  for (var row = row0; row < end; row++) {
    var value = acc[0];
    var mean = sums[0].x;
    var variance = squares[0].x;
    for (var i = 1u; i < ROWS; i++) {
      value = select(value, acc[i], row - row0 == i);
      mean = select(mean, sums[i / 4][i % 4], row - row0 == i);
      variance = select(variance, squares[i / 4][i % 4], row - row0 == i);
    }
    let at = row * params.N4 + col;
    sum[at] = value;
    store_norm(at, col, (value - mean / count) * inverseSqrt(variance / count + params.EPS));
  }
}
