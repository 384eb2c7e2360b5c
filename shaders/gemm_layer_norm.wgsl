// sum[M,N] = residual + gamma·(x[M,K] · weight[K,N] + bias), and the rows of sum normalised, (sum - mean) / sqrt(var +
// EPS), with one scale and shift or two: a linear layer, LayerScale, residual add and the layer norms that follow, in
// one pass.
// Includes: gemm_load_rows.wgsl, norm_one.wgsl
// One workgroup computes BANDS of 4 whole rows, one invocation 4 rows × 4·EACH columns in registers; only the row
// statistics go through workgroup memory, in a fixed order and two passes. Edges: rows past M and columns past N are
// clamped on load, left out of statistics and skipped on store.
alias welem = f32;
const COLS: u32 = 96; // N / 4, at most 256
const EACH: u32 = 1; // of them that an invocation computes, ACROSS apart
const ACROSS: u32 = 96; // COLS / EACH, rounded up: at most 128, which every device takes
const BANDS: u32 = 1;
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

var<workgroup> partial: array<array<vec4f, ACROSS>, BANDS>; // four rows at once

// Sums of one value of every invocation of a band for each of its four rows.
fn total(value: vec4f, band: u32, local: u32) -> vec4f {
  workgroupBarrier();
  partial[band][local] = value;
  for (var count = ACROSS; count > 1; count = (count + 1) / 2) {
    let half = (count + 1) / 2;
    workgroupBarrier();
    if (local + half < count) { partial[band][local] += partial[band][local + half]; }
  }
  workgroupBarrier();
  return partial[band][0];
}

fn column(local: u32, j: u32) -> u32 { return min(local + j * ACROSS, COLS - 1); }

// The value of the j-th column of an invocation; zero past N.
fn inside(value: vec4f, local: u32, j: u32) -> vec4f { return select(vec4f(0), value, local + j * ACROSS < COLS); }

@compute @workgroup_size(ACROSS, BANDS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) id: vec3u,
) {
  let local = id.x;
  let row0 = ((group.y * groups.x + group.x) * BANDS + id.y) * 4;
  let end = min(row0 + 4, params.M);
  var acc: array<vec4f, 4 * EACH>; // [4, EACH]
  for (var k4 = 0u; k4 < params.K4; k4++) {
    var a = array<vec4f, 4>();
    for (var i = 0u; i < 4; i++) { a[i] = load(start(min(row0 + i, params.M - 1)), k4); }
    for (var j = 0u; j < EACH; j++) {
      let w = k4 * 4 * params.N4 + column(local, j);
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + params.N4]);
      let b2 = vec4f(weight[w + 2 * params.N4]);
      let b3 = vec4f(weight[w + 3 * params.N4]);
      for (var i = 0u; i < 4; i++) {
        acc[i * EACH + j] += a[i].x * b0 + a[i].y * b1 + a[i].z * b2 + a[i].w * b3;
      }
    }
  }
  for (var j = 0u; j < EACH; j++) {
    let col = column(local, j);
    let bias = affine[col];
    let gamma = affine[params.N4 + col];
    for (var i = 0u; i < 4; i++) { acc[i * EACH + j] = gamma * (acc[i * EACH + j] + bias); }
    // Loops over rows that are not unrolled: some drivers take seconds to compile a load and a store for every row.
    for (var row = row0; row < end; row++) {
      let old = residual[row * params.N4 + col];
      for (var i = 0u; i < 4; i++) { acc[i * EACH + j] += select(vec4f(0), old, row - row0 == i); }
    }
  }
  var sums = vec4f(0); // of the four rows
  for (var j = 0u; j < EACH; j++) {
    for (var i = 0u; i < 4; i++) { sums[i] += dot(inside(acc[i * EACH + j], local, j), vec4f(1)); }
  }
  let count = f32(params.N4 * 4);
  let mean = total(sums, id.y, local) / count;
  var squares = vec4f(0);
  for (var j = 0u; j < EACH; j++) {
    for (var i = 0u; i < 4; i++) {
      let d = inside(acc[i * EACH + j] - mean[i], local, j);
      squares[i] += dot(d, d);
    }
  }
  let scale = inverseSqrt(total(squares, id.y, local) / count + params.EPS);
  for (var j = 0u; j < EACH; j++) {
    let col = local + j * ACROSS;
    if (col >= COLS) { continue; }
    for (var row = row0; row < end; row++) {
      let i = row - row0;
      var value = acc[j];
      for (var other = 1u; other < 4; other++) { value = select(value, acc[other * EACH + j], i == other); }
      let at = row * params.N4 + col;
      sum[at] = value;
      store_norm(at, col, (value - mean[i]) * scale[i]);
    }
  }
}
