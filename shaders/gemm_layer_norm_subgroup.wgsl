// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two. For CPU adapters.
// Includes: gemm_layer_norm_rows.wgsl, gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes ROWS whole rows, one invocation ROWS rows × 4 columns in registers. A load costs such an
// adapter as much whether the lanes of a subgroup read one value or each its own: each of LANES lanes loads another row
// of x and hands it round. Statistics are added up by lanes, then by subgroups, in a fixed order and two passes. Edges:
// rows past M are clamped on load and skipped on store.
enable subgroups;
const COLS: u32 = 96; // N / 4, at most 256: the invocations of a workgroup; a multiple of LANES
const LANES: u32 = 8; // invocations of a subgroup
const ROWS: u32 = 16; // a multiple of LANES
const GROUPS: u32 = COLS / LANES;
var<workgroup> partial: array<vec4f, QUADS * GROUPS>; // [QUADS, GROUPS], four rows at once

fn add_lanes(value: vec4f, lane: u32) -> vec4f {
  var all = value;
  for (var step = 1u; step < LANES; step *= 2) { all += subgroupShuffle(all, lane ^ step); }
  return all;
}

// Sums over the columns of one value of every invocation for each row: of all, as a bound that is not known costs more.
fn totals(values: array<vec4f, QUADS>, quads: u32, local: u32, lane: u32) -> array<vec4f, QUADS> {
  var all: array<vec4f, QUADS>;
  workgroupBarrier();
  for (var q = 0u; q < QUADS; q++) {
    all[q] = add_lanes(values[q], lane);
    if (lane == 0) { partial[q * GROUPS + local / LANES] = all[q]; }
  }
  workgroupBarrier();
  for (var q = 0u; q < QUADS; q++) {
    var mine = vec4f(0);
    for (var g = lane; g < GROUPS; g += LANES) { mine += partial[q * GROUPS + g]; }
    all[q] = mine;
  }
  for (var q = 0u; q < QUADS; q++) { all[q] = add_lanes(all[q], lane); }
  return all;
}

@compute @workgroup_size(COLS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) col: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row0 = (group.y * groups.x + group.x) * ROWS;
  let end = min(row0 + ROWS, params.M);
  var acc: array<vec4f, ROWS>;
  var w = col;
  for (var k4 = 0u; k4 < params.K4; k4++) {
    let b0 = vec4f(weight[w]);
    let b1 = vec4f(weight[w + params.N4]);
    let b2 = vec4f(weight[w + 2 * params.N4]);
    let b3 = vec4f(weight[w + 3 * params.N4]);
    w += 4 * params.N4;
    for (var i0 = 0u; i0 < ROWS; i0 += LANES) {
      let mine = load(start(min(row0 + i0 + lane, params.M - 1)), k4);
      for (var i = 0u; i < LANES; i++) {
        let a = subgroupShuffle(mine, i);
        acc[i0 + i] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
      }
    }
  }
  finish(acc, row0, end, col, lane);
}
