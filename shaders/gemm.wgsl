// y[M,N] = store(x[M,K] · weight[K,N]); weight is the transpose of PyTorch's [N,K].
// Includes: sums_whole.wgsl, gemm_load_rows.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes ROWS rows × 4·COLS columns in registers; neighbouring invocations take neighbouring
// columns, so weight reads are contiguous and rows of x are shared through the cache. No workgroup memory
// but that of sums_split.wgsl, with which SPLIT invocations share K.
// Edges: rows past M and columns past N are clamped on load and skipped on store.
alias welem = f32;
const ROWS: u32 = 4;
const COLS: u32 = 2; // of four channels each
const WORKGROUP: u32 = 64; // tiles
const SPLIT: u32 = 1; // invocations that share a tile
const SUMS = ROWS * COLS;
const INVOCATIONS = WORKGROUP * SPLIT;

struct Params {
  M: u32,
  N4: u32, // N / 4
  K4: u32, // K / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [K, N/4]

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local % WORKGROUP;
  let tiles_n = (params.N4 + COLS - 1) / COLS;
  let row0 = tile / tiles_n * ROWS;
  let col0 = tile % tiles_n * COLS;
  let inside = row0 < params.M;
  var acc: array<vec4f, SUMS>;
  for (var k4 = part_of(local); k4 < select(0u, params.K4, inside); k4 += SPLIT) {
    var a: array<vec4f, ROWS>;
    for (var i = 0u; i < ROWS; i++) { a[i] = load(start(min(row0 + i, params.M - 1)), k4); }
    for (var j = 0u; j < COLS; j++) {
      let w = k4 * 4 * params.N4 + min(col0 + j, params.N4 - 1);
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + params.N4]);
      let b2 = vec4f(weight[w + 2 * params.N4]);
      let b3 = vec4f(weight[w + 3 * params.N4]);
      for (var i = 0u; i < ROWS; i++) {
        acc[i * COLS + j] = added(acc[i * COLS + j], a[i], b0, b1, b2, b3);
      }
    }
  }
  if (!gathered(&acc, local) || !inside) { return; }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every row.
  let end = min(row0 + ROWS, params.M);
  for (var row = row0 + part_of(local); row < end; row += ENDS) {
    for (var j = 0u; j < COLS; j++) {
      var sum = acc[j];
      for (var i = 1u; i < ROWS / ENDS; i++) { sum = select(sum, acc[i * COLS + j], (row - row0) / ENDS == i); }
      if (col0 + j < params.N4) { store(row, col0 + j, sum); }
    }
  }
}
