// Include. sum_tile(): 3×3 convolution of a tile of 4×8 pixels by a subgroup of eight invocations, four channels each,
// stride 1. For CPU adapters, where a load costs as much as ten to forty products, and as much when all lanes load one
// value as when each loads its own. So every lane loads other pixels and other weights, and pixels reach all lanes by
// broadcasts, which cost little. The main file has params with H and C4, weight_at() and load(), which returns zero
// outside the map.
const LANES: u32 = 8;
const ROWS: u32 = 4;
const PIXELS: u32 = 8; // of a row

var<private> acc: array<vec4f, ROWS * PIXELS>;

fn pixel(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (iy < 0 || iy >= i32(params.H)) { return vec4f(0); }
  return load(iy, ix, c4);
}

fn channel(value: vec4f, c: u32) -> f32 {
  return select(select(value.x, value.y, c == 1), select(value.z, value.w, c == 3), c >= 2);
}

// Leaves in acc the sums of the lane's channels, n4 of N4. The first pixel's window begins at input pixel (iy, ix).
fn sum_tile(iy: i32, ix: i32, n4: u32, N4: u32, lane: u32) {
  let tap = 4 * params.C4 * N4;
  var window: array<vec4f, ROWS + 1>; // 8 pixels of each row, one a lane, and the last 2 of all rows
  for (var ky = 0u; ky < 3; ky++) {
    for (var c = 0u; c < 4 * params.C4; c++) {
      if (c % 4 == 0) {
        for (var r = 0u; r < ROWS; r++) { window[r] = pixel(iy + i32(r + ky), ix + i32(lane), c / 4); }
        window[ROWS] = pixel(iy + i32(lane / 2 + ky), ix + i32(PIXELS + lane % 2), c / 4);
      }
      let w = ky * 3 * tap + c * N4 + n4;
      let b0 = weight_at(w);
      let b1 = weight_at(w + tap);
      let b2 = weight_at(w + 2 * tap);
      let last = channel(window[ROWS], c % 4);
      var edge: array<f32, 2 * ROWS>;
      edge[0] = subgroupBroadcast(last, 0u);
      edge[1] = subgroupBroadcast(last, 1u);
      edge[2] = subgroupBroadcast(last, 2u);
      edge[3] = subgroupBroadcast(last, 3u);
      edge[4] = subgroupBroadcast(last, 4u);
      edge[5] = subgroupBroadcast(last, 5u);
      edge[6] = subgroupBroadcast(last, 6u);
      edge[7] = subgroupBroadcast(last, 7u);
      for (var r = 0u; r < ROWS; r++) {
        let row = channel(window[r], c % 4);
        let a0 = subgroupBroadcast(row, 0u);
        let a1 = subgroupBroadcast(row, 1u);
        let a2 = subgroupBroadcast(row, 2u);
        let a3 = subgroupBroadcast(row, 3u);
        let a4 = subgroupBroadcast(row, 4u);
        let a5 = subgroupBroadcast(row, 5u);
        let a6 = subgroupBroadcast(row, 6u);
        let a7 = subgroupBroadcast(row, 7u);
        let a8 = edge[2 * r];
        let a9 = edge[2 * r + 1];
        acc[r * PIXELS] += a0 * b0 + a1 * b1 + a2 * b2;
        acc[r * PIXELS + 1] += a1 * b0 + a2 * b1 + a3 * b2;
        acc[r * PIXELS + 2] += a2 * b0 + a3 * b1 + a4 * b2;
        acc[r * PIXELS + 3] += a3 * b0 + a4 * b1 + a5 * b2;
        acc[r * PIXELS + 4] += a4 * b0 + a5 * b1 + a6 * b2;
        acc[r * PIXELS + 5] += a5 * b0 + a6 * b1 + a7 * b2;
        acc[r * PIXELS + 6] += a6 * b0 + a7 * b1 + a8 * b2;
        acc[r * PIXELS + 7] += a7 * b0 + a8 * b1 + a9 * b2;
      }
    }
  }
}
