// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two. For GPUs.
// Includes: gemm_layer_norm_rows.wgsl, gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes ROWS whole rows, one invocation ROWS rows × 4 columns in registers, so that weights are read
// once for ROWS rows. STEP of K of the rows of x at a time go through workgroup memory, transposed, so that four rows
// are one read, and the next while the last are multiplied. Statistics are added up in a fixed order and two passes.
// Edges: K is filled up with zeros in x; rows past M are clamped on load and skipped on store.
const COLS: u32 = 96; // N / 4, at most 256: the invocations of a workgroup
const ROWS: u32 = 16; // a multiple of 4
const STEP4: u32 = 8; // K of a step / 4
const TILE: u32 = STEP4 * ROWS;
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
fn totals(values: array<vec4f, QUADS>, quads: u32, local: u32, lane: u32) -> array<vec4f, QUADS> {
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
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) col: u32,
) {
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
        for (var c = 0u; c < 4; c++) {
          tiles[first + c * QUADS] = vec4f(four[0][c], four[1][c], four[2][c], four[3][c]);
        }
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
  finish(acc, row0, end, col, col);
}
