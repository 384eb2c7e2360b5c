// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two. For GPUs.
// Includes: gemm_layer_norm_rows.wgsl, gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes ROWS whole rows, one invocation ROWS rows × 4 columns in registers. STEP of K of the rows of x
// at a time go through workgroup memory, transposed, so that four rows are one read, and the next while the last are
// multiplied. Statistics are added up in a fixed order and two passes.
// Edges: K is filled up with zeros in x; rows past M are clamped on load and skipped on store.
const COLS: u32 = 96; // N / 4, at most 256: the invocations of a workgroup
const ROWS: u32 = 8; // a multiple of 4
const STEP4: u32 = 32; // K of a step / 4, a power of two
const RING = 2 * STEP4; // two steps
// Four rows of each K. Where a place is read, k4 modulo RING is taken by two operators: `%` shows Tint that the index
// needs no clamp, `&` shows drivers that it is small, so that loads take what is added to it as their offset.
var<workgroup> tiles: array<array<array<vec4f, QUADS>, 4>, RING>;
var<workgroup> partial: array<array<vec4f, QUADS>, COLS>;

// Sums over the columns of one value of every invocation for each row.
fn totals(values: array<vec4f, QUADS>, quads: u32, col: u32, lane: u32) -> array<vec4f, QUADS> {
  workgroupBarrier();
  partial[col] = values;
  for (var count = COLS; count > 1; count = (count + 1) / 2) {
    let half = (count + 1) / 2;
    workgroupBarrier();
    if (col + half < count) {
      for (var q = 0u; q < QUADS; q++) { partial[col][q] += partial[col + half][q]; }
    }
  }
  workgroupBarrier();
  return partial[0];
}

@compute @workgroup_size(COLS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) col: u32,
) {
  let row0 = (group.y * groups.x + group.x) * ROWS;
  if (row0 >= params.M) { return; }
  var acc: array<vec4f, ROWS>;
  let steps = (params.K4 + STEP4 - 1) / STEP4;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var at = col; at < QUADS * STEP4; at += COLS) {
        let k4 = step * STEP4 + at % STEP4;
        let row = row0 + at / STEP4 * 4;
        var four = array<vec4f, 4>();
        if (k4 < params.K4) {
          for (var i = 0u; i < 4; i++) { four[i] = load(start(min(row + i, params.M - 1)), k4); }
        }
        for (var c = 0u; c < 4; c++) {
          tiles[k4 % RING][c][at / STEP4] = vec4f(four[0][c], four[1][c], four[2][c], four[3][c]);
        }
      }
    }
    if (step > 0) {
      for (var i4 = 0u; i4 < STEP4; i4++) {
        let k4 = (step - 1) * STEP4 + i4;
        var b: array<vec4f, 4>;
        for (var c = 0u; c < 4; c++) { b[c] = vec4f(weight[min(k4 * 4 + c, 4 * params.K4 - 1) * params.N4 + col]); }
        for (var c = 0u; c < 4; c++) {
          for (var q = 0u; q < QUADS; q++) {
            let a = tiles[(k4 & (RING - 1)) % RING][c][q];
            for (var i = 0u; i < 4; i++) { acc[4 * q + i] += a[i] * b[c]; }
          }
        }
      }
    }
    workgroupBarrier();
  }
  finish(acc, row0, min(row0 + ROWS, params.M), col, col);
}
