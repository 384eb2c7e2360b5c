// y[M,N] = store(x[M,K] · weight[K,N]), f16 operands and f32 sums on the matrix units of a GPU; weight is the
// transpose of PyTorch's.
// Includes: gemm_load_rows.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// Four subgroups compute a tile of 64 × 64, one of them 32 × 32 as blocks of EDGE × EDGE. STEP of K at a time go
// through workgroup memory, and the next STEP is on its way from memory while these are multiplied; sums leave through
// it block by block. Edges: K is filled up with zeros; rows past M and columns past N are clamped on load and skipped
// on store.
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
const EDGE: u32 = 16; // of the matrices that the device multiplies: 8 or 16

struct Params {
  M: u32,
  N4: u32, // N / 4
  K4: u32, // K / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f16>>; // [K, N/4]

const LANES: u32 = 32; // of a subgroup
const STEP: u32 = 32;
const BLOCKS: u32 = 32 / EDGE;
const BLOCK: u32 = EDGE * EDGE;
// Rows are padded to spread them over the banks.
const X_STRIDE: u32 = STEP + 8;
const W_STRIDE: u32 = 64 + 8;
var<workgroup> x_tile: array<f16, 64 * X_STRIDE>; // [64, STEP]
var<workgroup> w_tile: array<f16, STEP * W_STRIDE>; // [STEP, 64]
var<workgroup> leaving: array<f32, 4 * BLOCK>; // one block of each subgroup

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + 15) / 16;
  let tile_row = tile / tiles_n * 64;
  let tile_col = tile % tiles_n * 16;
  if (tile_row >= params.M) { return; }
  let block_row = subgroup / 2 * 32;
  let block_col = subgroup % 2 * 32;
  var acc: array<subgroup_matrix_result<f32, EDGE, EDGE>, BLOCKS * BLOCKS>;
  let steps = (params.K4 * 4 + STEP - 1) / STEP;
  for (var step = 0u; step <= steps; step++) {
    var a = array<vec4<f16>, 4>();
    var b = array<vec4<f16>, 4>();
    for (var i = 0u; i < 4; i++) {
      let k4 = (step * STEP) / 4 + local % 8;
      if (k4 < params.K4) { a[i] = vec4<f16>(load(start(min(tile_row + local / 8 + 16 * i, params.M - 1)), k4)); }
      let k = step * STEP + local / 16 + 8 * i;
      if (k < 4 * params.K4) { b[i] = weight[k * params.N4 + min(tile_col + local % 16, params.N4 - 1)]; }
    }
    if (step > 0) {
      for (var k = 0u; k < STEP; k += EDGE) {
        for (var i = 0u; i < BLOCKS; i++) {
          let start = (block_row + i * EDGE) * X_STRIDE + k;
          let left = subgroupMatrixLoad<subgroup_matrix_left<f16, EDGE, EDGE>, row_major>(&x_tile, start, X_STRIDE);
          for (var j = 0u; j < BLOCKS; j++) {
            let at = k * W_STRIDE + block_col + j * EDGE;
            let right = subgroupMatrixLoad<subgroup_matrix_right<f16, EDGE, EDGE>, row_major>(&w_tile, at, W_STRIDE);
            acc[i * BLOCKS + j] = subgroupMatrixMultiplyAccumulate(left, right, acc[i * BLOCKS + j]);
          }
        }
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < 4; i++) {
      for (var c = 0u; c < 4; c++) {
        x_tile[(local / 8 + 16 * i) * X_STRIDE + local % 8 * 4 + c] = a[i][c];
        w_tile[(local / 16 + 8 * i) * W_STRIDE + local % 16 * 4 + c] = b[i][c];
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < BLOCKS; i++) {
    for (var j = 0u; j < BLOCKS; j++) {
      subgroupMatrixStore<row_major>(&leaving, subgroup * BLOCK, acc[i * BLOCKS + j], EDGE);
      workgroupBarrier();
      for (var at = lane * 4; at < BLOCK; at += LANES * 4) {
        let row = tile_row + block_row + i * EDGE + at / EDGE;
        let col = tile_col + (block_col + j * EDGE + at % EDGE) / 4;
        let start = subgroup * BLOCK + at;
        if (row < params.M && col < params.N4) {
          store(row, col, vec4f(leaving[start], leaving[start + 1], leaving[start + 2], leaving[start + 3]));
        }
      }
      workgroupBarrier();
    }
  }
}
