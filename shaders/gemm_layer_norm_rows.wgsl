// Include. What the kernels of gemm_layer_norm have in common that compute ROWS whole rows: bindings, and finish(),
// which turns sums of products into rows and normalises them. The including file has ROWS, a multiple of 4, COLS and
// totals().
// Includes: norm_one.wgsl
alias welem = f32;
const QUADS: u32 = ROWS / 4; // of rows
struct Params {
  M: u32,
  N4: u32, // N / 4 = COLS
  K4: u32, // K / 4
  EPS: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [K, N/4]
// [2, N/4]: bias, gamma; one binding, as two norms need all eight
@group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>; // [M, N/4]
@group(0) @binding(7) var<storage, read_write> sum: array<vec4f>; // [M, N/4]

// products[i] are four columns of row row0 + i, of which rows up to `end` are in the matrix. Variance in a second pass
// over the rows.
fn finish(products: array<vec4f, ROWS>, row0: u32, end: u32, col: u32, lane: u32) {
  var acc = products;
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
  for (var q = 0u; q < QUADS; q++) {
    values[q] =
      vec4f(dot(acc[4 * q], one), dot(acc[4 * q + 1], one), dot(acc[4 * q + 2], one), dot(acc[4 * q + 3], one));
  }
  let sums = totals(values, quads, col, lane);
  for (var q = 0u; q < QUADS; q++) {
    let d0 = acc[4 * q] - sums[q].x / count;
    let d1 = acc[4 * q + 1] - sums[q].y / count;
    let d2 = acc[4 * q + 2] - sums[q].z / count;
    let d3 = acc[4 * q + 3] - sums[q].w / count;
    values[q] = vec4f(dot(d0, d0), dot(d1, d1), dot(d2, d2), dot(d3, d3));
  }
  let squares = totals(values, quads, col, lane);
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
