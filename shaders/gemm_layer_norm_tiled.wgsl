// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two. For GPUs.
// Includes: gemm_layer_norm_rows.wgsl, gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes GROUPS × ROWS whole rows, one invocation ROWS rows × 4 columns in registers. STEP of K of the
// rows of x at a time go through workgroup memory, transposed, so that four rows are one read, and the next while the
// last are multiplied. Statistics are added up in a fixed order and two passes.
// Edges: K is filled up with zeros in x; rows past M are clamped on load and skipped on store.
const COLS: u32 = 96; // N / 4; times GROUPS at most 256: the invocations of a workgroup
const ROWS: u32 = 8; // of an invocation, a multiple of 4
const GROUPS: u32 = 2; // of COLS invocations, each with rows of its own: narrow rows fill a workgroup
const STEP4: u32 = 8; // K of a step / 4
const LANES = COLS * GROUPS;
const ALL_QUADS = GROUPS * ROWS / 4;
const TILE = STEP4 * ROWS * GROUPS;
var<workgroup> tiles: array<vec4f, 2 * TILE>; // [STEP, ALL_QUADS] twice: four rows
var<workgroup> partial: array<vec4f, LANES>; // four rows at once

// Sums of one value of every invocation of a group for each of four rows.
fn total(value: vec4f, local: u32) -> vec4f {
  let col = local % COLS;
  workgroupBarrier();
  partial[local] = value;
  for (var count = COLS; count > 1; count = (count + 1) / 2) {
    let half = (count + 1) / 2;
    workgroupBarrier();
    if (col + half < count) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  return partial[local - col];
}

// The same for all rows of an invocation.
fn totals(values: array<vec4f, QUADS>, quads: u32, local: u32, lane: u32) -> array<vec4f, QUADS> {
  var all: array<vec4f, QUADS>;
  for (var quad = 0u; quad < QUADS; quad++) { all[quad] = total(values[quad], lane); }
  return all;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let col = local % COLS;
  let part = local / COLS;
  let row0 = (group.y * groups.x + group.x) * ROWS * GROUPS;
  if (row0 >= params.M) { return; }
  let first_row = row0 + part * ROWS;
  let end = min(first_row + ROWS, params.M);
  var acc: array<vec4f, ROWS>;
  let steps = (params.K4 + STEP4 - 1) / STEP4;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var at = local; at < ALL_QUADS * STEP4; at += LANES) {
        let k4 = step * STEP4 + at % STEP4;
        let row = row0 + at / STEP4 * 4;
        var four = array<vec4f, 4>();
        if (k4 < params.K4) {
          for (var i = 0u; i < 4; i++) { four[i] = load(start(min(row + i, params.M - 1)), k4); }
        }
        let first = step % 2 * TILE + at % STEP4 * 4 * ALL_QUADS + at / STEP4;
        for (var c = 0u; c < 4; c++) {
          tiles[first + c * ALL_QUADS] = vec4f(four[0][c], four[1][c], four[2][c], four[3][c]);
        }
      }
    }
    if (step > 0) {
      for (var k = 0u; k < 4 * STEP4; k++) {
        let b = vec4f(weight[min((step - 1) * 4 * STEP4 + k, 4 * params.K4 - 1) * params.N4 + col]);
        for (var q = 0u; q < QUADS; q++) {
          let a = tiles[(step - 1) % 2 * TILE + k * ALL_QUADS + part * QUADS + q];
          for (var i = 0u; i < 4; i++) { acc[4 * q + i] += a[i] * b; }
        }
      }
    }
    workgroupBarrier();
  }
  finish(acc, first_row, end, col, local);
}
