// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two: a linear layer, LayerScale, residual add and the layer norms that follow, in
// one pass.
// Includes: gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes 4 whole rows, one invocation 4 rows × 4 columns in registers; only the row statistics go
// through workgroup memory, in a fixed order and two passes. Edges: rows past M are clamped on load and skipped on
// store.
alias welem = f32;
const COLS: u32 = 96; // N / 4, at most 256: the invocations of a workgroup
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

var<workgroup> partial: array<vec4f, COLS>; // four rows at once

// Sums of one value of every invocation for each of the four rows.
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

@compute @workgroup_size(COLS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) col: u32,
) {
  let row0 = (group.y * groups.x + group.x) * 4;
  let end = min(row0 + 4, params.M);
  var acc: array<vec4f, 4>;
  for (var k4 = 0u; k4 < params.K4; k4++) {
    let w = k4 * 4 * params.N4 + col;
    let b0 = vec4f(weight[w]);
    let b1 = vec4f(weight[w + params.N4]);
    let b2 = vec4f(weight[w + 2 * params.N4]);
    let b3 = vec4f(weight[w + 3 * params.N4]);
    for (var i = 0u; i < 4; i++) {
      let a = load(min(row0 + i, params.M - 1), k4);
      acc[i] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
    }
  }
  let bias = affine[col];
  let gamma = affine[params.N4 + col];
  for (var i = 0u; i < 4; i++) { acc[i] = gamma * (acc[i] + bias); }
  // Loops over rows that are not unrolled: some drivers take seconds to compile a load and a store for every row.
  for (var row = row0; row < end; row++) {
    let old = residual[row * params.N4 + col];
    for (var i = 0u; i < 4; i++) { acc[i] += select(vec4f(0), old, row - row0 == i); }
  }
  let one = vec4f(1);
  let count = f32(params.N4 * 4);
  let mean = total(vec4f(dot(acc[0], one), dot(acc[1], one), dot(acc[2], one), dot(acc[3], one)), col) / count;
  let d0 = acc[0] - mean.x;
  let d1 = acc[1] - mean.y;
  let d2 = acc[2] - mean.z;
  let d3 = acc[3] - mean.w;
  let scale = inverseSqrt(total(vec4f(dot(d0, d0), dot(d1, d1), dot(d2, d2), dot(d3, d3)), col) / count + params.EPS);
  for (var row = row0; row < end; row++) {
    let i = row - row0;
    let value = select(select(acc[0], acc[1], i == 1), select(acc[2], acc[3], i == 3), i >= 2);
    let at = row * params.N4 + col;
    sum[at] = value;
    store_norm(at, col, (value - mean[i]) * scale[i]);
  }
}
