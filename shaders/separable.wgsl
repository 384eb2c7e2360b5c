// y[OH,OW,N] = store(relu6(depthwise(x[H,W,C], kernel[K,K,C]) + shift) · weight[C,N]): the second half of an inverted
// residual block, whose widest map is never stored.
// Includes: separable_sums.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes PIXELS neighbouring pixels of a row × all N = 4·COLS channels in registers, so that no
// depthwise sum is computed twice; all invocations read the same weights at the same time. No workgroup memory. Edges:
// load() returns zero outside the map; pixels past OW are skipped on store.
const WORKGROUP: u32 = 64;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let oy = tile / tiles_x;
  let ox0 = tile % tiles_x * PIXELS;
  if (oy >= params.OH) { return; }
  var acc: array<vec4f, PIXELS * COLS>;
  for (var c4 = 0u; c4 < params.C4; c4++) {
    let a = sums(oy, ox0, c4);
    for (var j = 0u; j < COLS; j++) {
      let w = c4 * 4 * COLS + j;
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + COLS]);
      let b2 = vec4f(weight[w + 2 * COLS]);
      let b3 = vec4f(weight[w + 3 * COLS]);
      for (var p = 0u; p < PIXELS; p++) {
        acc[p * COLS + j] += a[p].x * b0 + a[p].y * b1 + a[p].z * b2 + a[p].w * b3;
      }
    }
  }
  for (var p = 0u; p < PIXELS; p++) {
    for (var j = 0u; j < COLS; j++) {
      if (ox0 + p < params.OW) { store(oy * params.OW + ox0 + p, j, acc[p * COLS + j]); }
    }
  }
}
