// y[OH,OW,N] = store(relu6(depthwise(x[H,W,C], kernel[K,K,C]) + shift) · weight[C,N]): the second half of an inverted
// residual block, whose widest map is never stored.
// Includes: sums_whole.wgsl, separable_sums.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes PIXELS neighbouring pixels of a row × all N = 4·COLS channels in registers, so that no
// depthwise sum is computed twice; all invocations read the same weights at the same time. No workgroup memory but that
// of sums_split.wgsl, with which SPLIT invocations share the C channels. Edges: load() returns zero outside the map;
// pixels past OW are skipped on store.
const WORKGROUP: u32 = 64; // tiles
const SPLIT: u32 = 1; // invocations that share a tile
const INVOCATIONS = WORKGROUP * SPLIT;

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local % WORKGROUP;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let oy = tile / tiles_x;
  let ox0 = tile % tiles_x * PIXELS;
  let inside = oy < params.OH;
  var acc: array<vec4f, SUMS>;
  for (var c4 = part_of(local); c4 < select(0u, params.C4, inside); c4 += SPLIT) {
    let a = sums(oy, ox0, c4);
    for (var j = 0u; j < COLS; j++) {
      let w = c4 * 4 * COLS + j;
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + COLS]);
      let b2 = vec4f(weight[w + 2 * COLS]);
      let b3 = vec4f(weight[w + 3 * COLS]);
      for (var p = 0u; p < PIXELS; p++) {
        acc[p * COLS + j] = added(acc[p * COLS + j], a[p], b0, b1, b2, b3);
      }
    }
  }
  if (!gathered(&acc, local) || !inside) { return; }
  for (var i = 0u; i < PIXELS / ENDS; i++) {
    let ox = ox0 + i * ENDS + part_of(local);
    for (var j = 0u; j < COLS; j++) {
      if (ox < params.OW) { store(oy * params.OW + ox, j, acc[i * COLS + j]); }
    }
  }
}
