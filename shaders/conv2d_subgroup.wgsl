// y[OH,OW,N] = store(conv(x[H,W,C], weight[3,3,C,N])), stride 1, zero padding that may differ on each side. For CPU
// adapters.
// Includes: conv_subgroup.wgsl, conv_inputs.wgsl, conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup is one subgroup, on 4×8 pixels × 32 channels. What lies past OH, OW or N is skipped on store.
enable subgroups;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + LANES - 1) / LANES;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let ox0 = tile / tiles_n % tiles_x * PIXELS;
  let oy0 = tile / tiles_n / tiles_x * ROWS;
  if (oy0 >= params.OH) { return; }
  let n4 = tile % tiles_n * LANES + lane;
  sum_tile(i32(oy0) - i32(params.PAD_Y), i32(ox0) - i32(params.PAD_X), min(n4, params.N4 - 1), params.N4, lane);
  // A bound that the compiler does not know: 32 stores in a row would take ten times as long to compile as the rest.
  let most = min(ROWS, params.OH - oy0) * PIXELS;
  for (var i = 0u; i < most; i++) {
    let ox = ox0 + i % PIXELS;
    if (ox < params.OW && n4 < params.N4) { store((oy0 + i / PIXELS) * params.OW + ox, n4, acc[i]); }
  }
}
