// y[OH,OW,N] = store(conv(x[H,W,C], weight[3,3,C,N])), stride 1, zero padding that may differ on each side. For GPUs.
// Includes: conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup computes ROWS × PIXELS pixels × 4·COLUMNS channels, an invocation a row of PIXELS pixels × 4 channels.
// Four input channels at a time go through workgroup memory, window and weights, and the next four are on their way
// while these are multiplied.
// Edges: load() returns zero outside the map; pixels past OH and OW and channels past N are skipped on store.
alias welem = f32;
const COLUMNS: u32 = 8; // of four channels, an invocation each
const ROWS: u32 = 16;
const PIXELS: u32 = 8;

struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
  N4: u32, // N / 4
  PAD_Y: u32, // rows of zeros above
  PAD_X: u32, // columns of zeros to the left
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [3, 3, C, N/4]

const WORKGROUP = COLUMNS * ROWS;
const WIDTH = PIXELS + 2; // of the window
const PITCH = PIXELS + 3; // odd: rows that are read at once are in different banks
const INPUTS = (ROWS + 2) * WIDTH;
const WEIGHTS = 36 * COLUMNS;
const X_EACH = (INPUTS + WORKGROUP - 1) / WORKGROUP;
const W_EACH = (WEIGHTS + WORKGROUP - 1) / WORKGROUP;
// Nested arrays, whose indices Tint proves: no clamp in the loops.
var<workgroup> window: array<array<vec4f, PITCH>, ROWS + 2>;
var<workgroup> weights: array<array<vec4f, COLUMNS>, 36>; // [3·3·4][column]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + COLUMNS - 1) / COLUMNS;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let column0 = tile % tiles_n * COLUMNS;
  let ox0 = tile / tiles_n % tiles_x * PIXELS;
  let oy0 = tile / tiles_n / tiles_x * ROWS;
  if (oy0 >= params.OH) { return; }
  let row = local / COLUMNS;
  let col = local % COLUMNS;
  var at = array<u32, W_EACH>(); // where the weights begin that an invocation brings
  for (var i = 0u; i < W_EACH; i++) {
    let k = min((local + i * WORKGROUP) / COLUMNS, 35u);
    let column = min(column0 + (local + i * WORKGROUP) % COLUMNS, params.N4 - 1);
    at[i] = (k / 4 * params.C4 * 4 + k % 4) * params.N4 + column;
  }
  var acc: array<vec4f, PIXELS>;
  for (var step = 0u; step <= params.C4; step++) {
    var a = array<vec4f, X_EACH>();
    var b = array<vec4f, W_EACH>();
    if (step < params.C4) {
      for (var i = 0u; i < X_EACH; i++) {
        let j = local + i * WORKGROUP;
        let iy = i32(oy0 + j / WIDTH) - i32(params.PAD_Y);
        if (iy >= 0 && iy < i32(params.H)) { a[i] = load(iy, i32(ox0 + j % WIDTH) - i32(params.PAD_X), step); }
      }
      for (var i = 0u; i < W_EACH; i++) { b[i] = vec4f(weight[step * 4 * params.N4 + at[i]]); }
    }
    if (step > 0) {
      for (var ky = 0u; ky < 3; ky++) {
        var line: array<vec4f, WIDTH>;
        for (var i = 0u; i < WIDTH; i++) { line[i] = window[row + ky][i]; }
        for (var kx = 0u; kx < 3; kx++) {
          let b0 = weights[(ky * 3 + kx) * 4][col];
          let b1 = weights[(ky * 3 + kx) * 4 + 1][col];
          let b2 = weights[(ky * 3 + kx) * 4 + 2][col];
          let b3 = weights[(ky * 3 + kx) * 4 + 3][col];
          for (var p = 0u; p < PIXELS; p++) {
            let x = line[p + kx];
            acc[p] += x.x * b0;
            acc[p] += x.y * b1;
            acc[p] += x.z * b2;
            acc[p] += x.w * b3;
          }
        }
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < X_EACH; i++) {
      let j = local + i * WORKGROUP;
      if (j < INPUTS) { window[j / WIDTH][j % WIDTH] = a[i]; }
    }
    for (var i = 0u; i < W_EACH; i++) {
      let j = local + i * WORKGROUP;
      if (j < WEIGHTS) { weights[j / COLUMNS][j % COLUMNS] = b[i]; }
    }
    workgroupBarrier();
  }
  let oy = oy0 + row;
  if (oy >= params.OH || column0 + col >= params.N4) { return; }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every pixel.
  let end = min(PIXELS, params.OW - ox0);
  for (var p = 0u; p < end; p++) {
    var sum = acc[0];
    for (var i = 1u; i < PIXELS; i++) { sum = select(sum, acc[i], p == i); }
    store(oy * params.OW + ox0 + p, column0 + col, sum);
  }
}
