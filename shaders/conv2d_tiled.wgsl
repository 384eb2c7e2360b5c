// y[OH,OW,N] = store(conv(x[H,W,C], weight[3,3,C,N])), square stride, zero padding that may differ on each side. For
// GPUs.
// Includes: conv_tiled.wgsl, conv_inputs.wgsl, conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup computes ROWS × PIXELS pixels × 4·COLUMNS channels. Pixels past OH and OW and channels past N are skipped
// on store.

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
  let iy0 = i32(oy0 * STRIDE) - i32(params.PAD_Y);
  let acc = sum_tile(iy0, i32(ox0 * STRIDE) - i32(params.PAD_X), column0, params.N4, local);
  let oy = oy0 + local / COLUMNS;
  let n4 = column0 + local % COLUMNS;
  if (oy >= params.OH || n4 >= params.N4) { return; }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every pixel.
  let end = min(PIXELS, params.OW - ox0);
  for (var p = 0u; p < end; p++) {
    var sum = acc[0];
    for (var i = 1u; i < PIXELS; i++) { sum = select(sum, acc[i], p == i); }
    store(oy * params.OW + ox0 + p, n4, sum);
  }
}
