// y[oy,ox,c] = act(bias[c] + Σ x[oy·STRIDE + ky - PAD_Y, ox·STRIDE + kx - PAD_X, c] · weight[ky,kx,c]), zero padding.
// Includes: depthwise_inputs.wgsl, sums_whole.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes PIXELS neighbouring pixels of a row × 4 channels; neighbours take neighbouring channels. No
// workgroup memory but that of sums_split.wgsl, with which SPLIT invocations share the K rows of the kernel.
const K: u32 = 3;
const STRIDE: u32 = 1;
const PIXELS: u32 = 4;
const WORKGROUP: u32 = 64; // tiles
const SPLIT: u32 = 1; // invocations that share a tile
const WINDOW = (PIXELS - 1) * STRIDE + K;
const SUMS = PIXELS;
const COLS = 1;
const INVOCATIONS = WORKGROUP * SPLIT;

fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return vec4f(x[(u32(iy) * params.W + u32(ix)) * params.C4 + c4]);
}

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local % WORKGROUP;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let c4 = tile % params.C4;
  let ox0 = tile / params.C4 % tiles_x * PIXELS;
  let oy = tile / params.C4 / tiles_x;
  let inside = oy < params.OH;
  let part = part_of(local);
  let ix0 = i32(ox0 * STRIDE) - i32(params.PAD_X);
  var acc: array<vec4f, SUMS>;
  for (var p = 0u; p < PIXELS; p++) { acc[p] = select(vec4f(0), bias[c4], part == 0); }
  for (var ky = part; ky < K; ky += SPLIT) {
    let iy = i32(oy * STRIDE + ky) - i32(params.PAD_Y);
    if (!inside || iy < 0 || iy >= i32(params.H)) { continue; }
    var window: array<vec4f, WINDOW>;
    for (var i = 0u; i < WINDOW; i++) { window[i] = load(iy, ix0 + i32(i), c4); }
    for (var kx = 0u; kx < K; kx++) {
      let w = vec4f(weight[(ky * K + kx) * params.C4 + c4]);
      for (var p = 0u; p < PIXELS; p++) { acc[p] += window[p * STRIDE + kx] * w; }
    }
  }
  if (!gathered(&acc, local) || !inside) { return; }
  for (var i = 0u; i < PIXELS / ENDS; i++) {
    let ox = ox0 + i * ENDS + part;
    if (ox < params.OW) { y[(oy * params.OW + ox) * params.C4 + c4] = stored(activate(acc[i])); }
  }
}
