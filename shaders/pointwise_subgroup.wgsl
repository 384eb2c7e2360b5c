// y[OH,OW,N] = store(conv(x[H,W,C], weight[1,1,C,N])), a pixel apart. For CPU adapters.
// Includes: conv_inputs.wgsl, conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One subgroup computes LANES · PIXELS pixels × 4·COLS channels of one group, a lane every LANES-th of the pixels. The
// lanes load some of the weights each and hand them round, so that a weight is read once for all pixels.
// Edges: load() returns zero beside the map; pixels past OH · OW and channels past the group are skipped on store.
enable subgroups;
const LANES: u32 = 8;
const COLS: u32 = 4; // of four channels each
const PIXELS: u32 = 4;
const SUMS = PIXELS * COLS;
const EACH = 4 * COLS / LANES; // weights that a lane loads

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.GN4 + COLS - 1) / COLS; // of a group
  let tiles_all = tiles_n * (params.N4 / params.GN4);
  let of_group = tile % tiles_all / tiles_n;
  let col0 = of_group * params.GN4 + tile % tiles_n * COLS;
  let end = (of_group + 1) * params.GN4;
  let first = of_group * params.GC4;
  let pixel0 = tile / tiles_all * LANES * PIXELS + lane;
  var acc: array<vec4f, SUMS>;
  for (var c4 = 0u; c4 < params.GC4; c4++) {
    var mine: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) {
      mine[i] = weight_at((c4 * 4 + lane % 4) * params.N4 + min(col0 + 2 * i + lane / 4, params.N4 - 1));
    }
    var a: array<vec4f, PIXELS>;
    for (var p = 0u; p < PIXELS; p++) {
      let pixel = min(pixel0 + p * LANES, params.OH * params.OW - 1);
      let iy = i32(pixel / params.OW) - i32(params.PAD_Y);
      let ix = i32(pixel % params.OW) - i32(params.PAD_X);
      if (iy >= 0 && iy < i32(params.H)) { a[p] = load(iy, ix, first + c4); }
    }
    for (var j = 0u; j < COLS; j++) {
      let b0 = subgroupShuffle(mine[j / 2], j % 2 * 4);
      let b1 = subgroupShuffle(mine[j / 2], j % 2 * 4 + 1);
      let b2 = subgroupShuffle(mine[j / 2], j % 2 * 4 + 2);
      let b3 = subgroupShuffle(mine[j / 2], j % 2 * 4 + 3);
      for (var p = 0u; p < PIXELS; p++) {
        acc[p * COLS + j] += a[p].x * b0 + a[p].y * b1 + a[p].z * b2 + a[p].w * b3;
      }
    }
  }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every sum.
  for (var i = 0u; i < SUMS * min(params.GC4, 1); i++) {
    var sum = acc[0];
    for (var k = 1u; k < SUMS; k++) { sum = select(sum, acc[k], i == k); }
    let pixel = pixel0 + i / COLS * LANES;
    let col = col0 + i % COLS;
    if (pixel < params.OH * params.OW && col < end) { store(pixel, col, sum); }
  }
}
