// y[OH,OW,N] = store(relu6(depthwise(x[H,W,C], kernel[K,K,C]) + shift) · weight[C,N]): the second half of an inverted
// residual block, whose widest map is never stored.
// Includes: sums_whole.wgsl, separable_sums.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes PIXELS neighbouring pixels of a row × 4·COLS channels in registers: all N, so that no
// depthwise sum is computed twice, but for GPUs whose invocations have few registers, where GROUPS of them share N and
// each computes the sums. No workgroup memory but that of sums_split.wgsl, with which SPLIT invocations share the C
// channels. Edges: load() returns zero outside the map; pixels past OW are skipped on store.
const WORKGROUP: u32 = 64; // tiles
const SPLIT: u32 = 1; // invocations that share a tile
const GROUPS: u32 = 1; // of output channels, an invocation each
const INVOCATIONS = WORKGROUP * SPLIT;

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local % WORKGROUP;
  let tile = index / GROUPS;
  let col0 = index % GROUPS * COLS;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let oy = tile / tiles_x;
  let ox0 = tile % tiles_x * PIXELS;
  let inside = oy < params.OH;
  var acc: array<vec4f, SUMS>;
  for (var c4 = part_of(local); c4 < select(0u, params.C4, inside); c4 += SPLIT) {
    let a = sums(oy, ox0, c4);
    for (var j = 0u; j < COLS; j++) {
      let all = GROUPS * COLS;
      let w = c4 * 4 * all + col0 + j;
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + all]);
      let b2 = vec4f(weight[w + 2 * all]);
      let b3 = vec4f(weight[w + 3 * all]);
      for (var p = 0u; p < PIXELS; p++) {
        acc[p * COLS + j] = added(acc[p * COLS + j], a[p], b0, b1, b2, b3);
      }
    }
  }
  if (!gathered(&acc, local) || !inside) { return; }
  for (var i = 0u; i < PIXELS / ENDS; i++) {
    let ox = ox0 + i * ENDS + part_of(local);
    for (var j = 0u; j < COLS; j++) {
      if (ox < params.OW) { store(oy * params.OW + ox, col0 + j, acc[i * COLS + j]); }
    }
  }
}
