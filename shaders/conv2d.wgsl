// y[OH,OW,N] = store(conv(x[H,W,C], weight[KH,KW,C,N])), square stride, zero padding that may differ on each side.
// Includes: sums_whole.wgsl, conv_inputs.wgsl, conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes PIXELS neighbouring pixels of a row × 4·COLS channels; each input vector it loads serves
// every tap and pixel that needs it. No workgroup memory but that of sums_split.wgsl, with which SPLIT
// invocations share the input channels.
// Edges: load() returns zero outside the map; pixels past OW and channels past N are skipped on store.
const KH: u32 = 3;
const KW: u32 = 3;
const STRIDE: u32 = 1;
const PIXELS: u32 = 4;
const COLS: u32 = 1; // of four channels each
const WORKGROUP: u32 = 64; // tiles
const SPLIT: u32 = 1; // invocations that share a tile
const WINDOW = (PIXELS - 1) * STRIDE + KW;
const SUMS = PIXELS * COLS;
const INVOCATIONS = WORKGROUP * SPLIT;

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local % WORKGROUP;
  let tiles_n = (params.N4 + COLS - 1) / COLS;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let col0 = tile % tiles_n * COLS;
  let ox0 = tile / tiles_n % tiles_x * PIXELS;
  let oy = tile / tiles_n / tiles_x;
  let inside = oy < params.OH;
  let first = col0 / params.GN4 * params.GC4;
  let ix0 = i32(ox0 * STRIDE) - i32(params.PAD_X);
  var acc: array<vec4f, SUMS>;
  for (var ky = 0u; ky < KH; ky++) {
    let iy = i32(oy * STRIDE + ky) - i32(params.PAD_Y);
    if (!inside || iy < 0 || iy >= i32(params.H)) { continue; }
    for (var c4 = part_of(local); c4 < params.GC4; c4 += SPLIT) {
      var window: array<vec4f, WINDOW>;
      for (var i = 0u; i < WINDOW; i++) { window[i] = load(iy, ix0 + i32(i), first + c4); }
      for (var kx = 0u; kx < KW; kx++) {
        for (var j = 0u; j < COLS; j++) {
          let w = ((ky * KW + kx) * params.GC4 + c4) * 4 * params.N4 + min(col0 + j, params.N4 - 1);
          let b0 = weight_at(w);
          let b1 = weight_at(w + params.N4);
          let b2 = weight_at(w + 2 * params.N4);
          let b3 = weight_at(w + 3 * params.N4);
          for (var p = 0u; p < PIXELS; p++) {
            let a = window[p * STRIDE + kx];
            acc[p * COLS + j] = added(acc[p * COLS + j], a, b0, b1, b2, b3);
          }
        }
      }
    }
  }
  if (!gathered(&acc, local) || !inside) { return; }
  for (var i = 0u; i < PIXELS / ENDS; i++) {
    let ox = ox0 + i * ENDS + part_of(local);
    for (var j = 0u; j < COLS; j++) {
      if (ox < params.OW && col0 + j < params.N4) { store(oy * params.OW + ox, col0 + j, acc[i * COLS + j]); }
    }
  }
}
