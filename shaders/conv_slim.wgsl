// Include. sum_tile() of conv_tiled.wgsl for GPUs whose invocations have few registers: an invocation has fewer pixels,
// no loads are on their way while others are multiplied, and no compiler unrolls the loop over rows of the window.
const STRIDE: u32 = 1;
const COLUMNS: u32 = 8; // of four channels, an invocation each
const ROWS: u32 = 16;
const PIXELS: u32 = 2;

const WORKGROUP = COLUMNS * ROWS;
const HEIGHT = (ROWS - 1) * STRIDE + 3; // of the window
const WIDTH = (PIXELS - 1) * STRIDE + 3;
const PITCH = WIDTH | 1; // odd: rows that are read at once are in different banks
const INPUTS = HEIGHT * WIDTH;
const WEIGHTS = 36 * COLUMNS;
const X_EACH = (INPUTS + WORKGROUP - 1) / WORKGROUP;
const W_EACH = (WEIGHTS + WORKGROUP - 1) / WORKGROUP;
// Nested arrays, whose indices Tint proves: no clamp in the loops.
var<workgroup> window: array<array<vec4f, PITCH>, HEIGHT>;
var<workgroup> weights: array<array<vec4f, COLUMNS>, 36>; // [3·3·4][column]

// Sums of column0 + local % COLUMNS of N4 columns, row local / COLUMNS. The first window begins at input pixel
// (iy0, ix0).
fn sum_tile(iy0: i32, ix0: i32, column0: u32, N4: u32, local: u32) -> array<vec4f, PIXELS> {
  let row = local / COLUMNS % ROWS; // a bound that Tint sees
  let col = local % COLUMNS;
  var at = array<u32, W_EACH>(); // where the weights begin that an invocation brings
  for (var i = 0u; i < W_EACH; i++) {
    let k = min((local + i * WORKGROUP) / COLUMNS, 35u);
    let column = min(column0 + (local + i * WORKGROUP) % COLUMNS, N4 - 1);
    at[i] = (k / 4 * params.C4 * 4 + k % 4) * N4 + column;
  }
  var places: array<Place, X_EACH>; // of the window
  var inside: array<bool, X_EACH>;
  for (var i = 0u; i < X_EACH; i++) {
    let iy = iy0 + i32((local + i * WORKGROUP) / WIDTH);
    let ix = ix0 + i32((local + i * WORKGROUP) % WIDTH);
    places[i] = place(iy, ix);
    inside[i] = iy >= 0 && iy < i32(params.H) && ix >= 0 && ix < i32(params.W);
  }
  var acc: array<vec4f, PIXELS>;
  for (var step = 0u; step <= params.C4; step++) {
    if (step > 0) {
      for (var turn = 0u; turn < 3 * min(params.C4, 1); turn++) {
        let ky = turn % 3;
        var line: array<vec4f, WIDTH>;
        for (var i = 0u; i < WIDTH; i++) { line[i] = window[row * STRIDE + ky][i]; }
        for (var kx = 0u; kx < 3; kx++) {
          let b0 = weights[(ky * 3 + kx) * 4][col];
          let b1 = weights[(ky * 3 + kx) * 4 + 1][col];
          let b2 = weights[(ky * 3 + kx) * 4 + 2][col];
          let b3 = weights[(ky * 3 + kx) * 4 + 3][col];
          for (var p = 0u; p < PIXELS; p++) {
            let x = line[p * STRIDE + kx];
            acc[p] += x.x * b0;
            acc[p] += x.y * b1;
            acc[p] += x.z * b2;
            acc[p] += x.w * b3;
          }
        }
      }
    }
    workgroupBarrier();
    var a = array<vec4f, X_EACH>();
    var b = array<vec4f, W_EACH>();
    if (step < params.C4) {
      for (var i = 0u; i < X_EACH; i++) {
        if (inside[i]) { a[i] = load_at(places[i], step); }
      }
      for (var i = 0u; i < W_EACH; i++) { b[i] = weight_at(step * 4 * N4 + at[i]); }
    }
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
  return acc;
}
