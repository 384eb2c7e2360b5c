// y[M,N] = store(x[M,K] · weight[K,N]); weight is the transpose of PyTorch's [N,K].
// Includes: gemm_load_rows.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// gemm_tiled.wgsl whose products are of f16, as are the sums of the RUN products of a step: GPUs that have vectors of
// two f16 multiply twice as many a clock. Sums of steps are f32. A sum that is not finite then, as f16 ends at 65,504,
// is computed again from memory in f32. Edges as there.
alias welem = f32;
const COLS: u32 = 1; // of four channels each
// TX·TY invocations: a multiple of 8·TY, so that each brings the rows of at most one block of 4 × 4.
const TX: u32 = 16;
const TY: u32 = 8;
const STEP4: u32 = 4; // K of a step / 4
// Products that a sum takes in a turn.
const DEPTH: u32 = 2;

struct Params {
  M: u32,
  N4: u32, // N / 4
  K4: u32, // K / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [K, N/4]

const WORKGROUP: u32 = TX * TY;
const QUADS: u32 = 2 * TY; // of rows
const COLUMNS: u32 = COLS * TX; // of four channels
const EACH: u32 = 4 * STEP4 * COLUMNS / WORKGROUP; // vectors of weights that an invocation brings
const PITCH: u32 = QUADS + 1;
const FINITE = 1e38; // no sum of f16 comes near it
var<workgroup> x_tile: array<vec4<welem>, 4 * STEP4 * PITCH>; // [STEP, QUADS]: four rows
var<workgroup> w_tile: array<vec4<welem>, 4 * STEP4 * COLUMNS>; // [STEP, COLUMNS]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + COLUMNS - 1) / COLUMNS;
  let tile_row = tile / tiles_n * 8 * TY;
  let tile_col = tile % tiles_n * COLUMNS;
  if (tile_row >= params.M) { return; }
  let row0 = tile_row + local / TX * 8;
  let col0 = tile_col + local % TX;
  let part = local % STEP4;
  let quad = local / STEP4;
  // Where the rows and weights begin that an invocation brings: a step only adds to it.
  var rows: array<u32, 4>;
  for (var i = 0u; i < 4; i++) { rows[i] = start(min(tile_row + quad % QUADS * 4 + i, params.M - 1)); }
  let column = min(tile_col + local % COLUMNS, params.N4 - 1);
  let first = local / COLUMNS * params.N4 + column;
  let last = (4 * params.K4 - 1) * params.N4 + column;
  var acc: array<vec4f, 8 * COLS>;
  let steps = (params.K4 + STEP4 - 1) / STEP4;
  for (var step = 0u; step <= steps; step++) {
    var a: array<vec4<welem>, 4>;
    var b: array<vec4<welem>, EACH>;
    for (var i = 0u; i < 4; i++) { a[i] = vec4<welem>(load(rows[i], min(step * STEP4 + part, params.K4 - 1))); }
    for (var i = 0u; i < EACH; i++) {
      b[i] = weight[min(first + (step * 4 * STEP4 + i * WORKGROUP / COLUMNS) * params.N4, last)];
    }
    if (step > 0 && row0 < params.M && col0 < params.N4) {
      // Written out: Dawn 0.6 clears a variable without a value only once, whatever loop it is in.
      var run = array<vec4<welem>, 8 * COLS>();
      for (var turn = 0u; turn < 4 * STEP4 / DEPTH; turn++) {
        if ((step - 1) * 4 * STEP4 + turn * DEPTH >= 4 * params.K4) { break; }
        for (var c = 0u; c < DEPTH; c++) {
          let a0 = x_tile[turn * DEPTH * PITCH + local / TX * 2 + c * PITCH];
          let a1 = x_tile[turn * DEPTH * PITCH + local / TX * 2 + (c * PITCH + 1)];
          for (var j = 0u; j < COLS; j++) {
            let w = w_tile[turn * DEPTH * COLUMNS + local % TX + (c * COLUMNS + j * TX)];
            for (var i = 0u; i < 4; i++) {
              run[i * COLS + j] += a0[i] * w;
              run[(i + 4) * COLS + j] += a1[i] * w;
            }
          }
        }
      }
      for (var i = 0u; i < 8 * COLS; i++) { acc[i] += vec4f(run[i]); }
    }
    workgroupBarrier();
    if (quad < QUADS) {
      for (var i = 0u; i < 4; i++) {
        x_tile[part * 4 * PITCH + quad + i * PITCH] = vec4<welem>(a[0][i], a[1][i], a[2][i], a[3][i]);
      }
    }
    for (var i = 0u; i < EACH; i++) { w_tile[local + i * WORKGROUP] = b[i]; }
    workgroupBarrier();
  }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every row.
  let end = min(row0 + 8, params.M);
  for (var row = row0; row < end; row++) {
    for (var j = 0u; j < COLS; j++) {
      var sum = acc[j];
      for (var i = 1u; i < 8; i++) { sum = select(sum, acc[i * COLS + j], row - row0 == i); }
      if (col0 + j * TX < params.N4) {
        if (!all(abs(sum) <= vec4f(FINITE))) { sum = product(row, col0 + j * TX); }
        store(row, col0 + j * TX, sum);
      }
    }
  }
}

// The same sum, of f32 products.
fn product(row: u32, n4: u32) -> vec4f {
  let at = start(row);
  var sum: vec4f;
  for (var k4 = 0u; k4 < params.K4; k4++) {
    let a = load(at, k4);
    for (var i = 0u; i < 4; i++) { sum += a[i] * vec4f(weight[(4 * k4 + i) * params.N4 + n4]); }
  }
  return sum;
}
