// y[OH,OW,N] = store(relu6(depthwise(x[H,W,C], kernel[K,K,C]) + shift) · weight[C,N]). For CPU adapters.
// Includes: separable_sums.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup is one subgroup, on PIXELS neighbouring pixels of a row × all N channels. Every lane computes the
// depthwise sums of four channels, then all hand them round, and every lane multiplies them with the weights of its own
// columns. Edges: channels past C and columns past N are clamped on load; pixels past OW and columns past N are skipped
// on store.
enable subgroups;
const LANES: u32 = 8;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let oy = tile / tiles_x;
  let ox0 = tile % tiles_x * PIXELS;
  if (oy >= params.OH) { return; }
  var acc: array<vec4f, SUMS>;
  for (var base = 0u; base < params.C4; base += LANES) {
    let mine = sums(oy, ox0, min(base + lane, params.C4 - 1));
    let count = min(LANES, params.C4 - base);
    for (var i = 0u; i < count; i++) {
      var a: array<vec4f, PIXELS>;
      for (var p = 0u; p < PIXELS; p++) { a[p] = subgroupShuffle(mine[p], i); }
      for (var j = 0u; j < COLS; j++) {
        let w = (base + i) * 4 * params.N4 + min(j * LANES + lane, params.N4 - 1);
        let b0 = vec4f(weight[w]);
        let b1 = vec4f(weight[w + params.N4]);
        let b2 = vec4f(weight[w + 2 * params.N4]);
        let b3 = vec4f(weight[w + 3 * params.N4]);
        for (var p = 0u; p < PIXELS; p++) {
          acc[p * COLS + j] += a[p].x * b0 + a[p].y * b1 + a[p].z * b2 + a[p].w * b3;
        }
      }
    }
  }
  // A bound that the compiler does not know: unrolled stores would take longer to compile than the rest.
  let most = min(PIXELS, params.OW - ox0);
  for (var p = 0u; p < most; p++) {
    for (var j = 0u; j < COLS; j++) {
      var sum = acc[j];
      for (var i = 1u; i < PIXELS; i++) { sum = select(sum, acc[i * COLS + j], p == i); }
      if (j * LANES + lane < params.N4) { store(oy * params.OW + ox0 + p, j * LANES + lane, sum); }
    }
  }
}
