// y[oy,ox,c] = act(bias[c] + Σ x[oy·STRIDE + ky - PAD_Y, ox·STRIDE + kx - PAD_X, c] · weight[ky,kx,c]), zero padding.
// Includes: depthwise_inputs.wgsl, epilogue.wgsl, stored.wgsl
// One subgroup walks ROWS rows down a strip, a pixel × 4 channels a lane. Every pixel of x is loaded by one lane, and
// every tap of the kernel: the others get them by shuffles. Each row of x adds to all rows of y that it is part of,
// which move on as one is complete. A CPU adapter pays for loads, not for exchange: eight lanes load eight values one
// by one, here all different.
enable subgroups;
const K: u32 = 3;
const STRIDE: u32 = 1; // at most K
const ROWS: u32 = 32;
const LANES: u32 = 8; // invocations of a subgroup
const BEYOND = K - STRIDE; // columns that a lane reads past its own STRIDE
const LIVE = (K + STRIDE - 1) / STRIDE; // rows of y that a row of x is part of

fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (iy < 0 || iy >= i32(params.H) || ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return vec4f(x[(u32(iy) * params.W + u32(ix)) * params.C4 + c4]);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_x = (params.OW + LANES - 1) / LANES;
  let c4 = tile % params.C4;
  let ox0 = tile / params.C4 % tiles_x * LANES;
  let oy0 = tile / params.C4 / tiles_x * ROWS;
  if (oy0 >= params.OH) { return; }
  let ix0 = i32(ox0 * STRIDE) - i32(params.PAD_X);
  var taps: array<vec4f, (K * K + LANES - 1) / LANES>;
  for (var t = 0u; t < K * K; t += LANES) {
    taps[t / LANES] = vec4f(weight[min(t + lane, K * K - 1) * params.C4 + c4]);
  }
  var acc: array<vec4f, LIVE>; // acc[m] is row oy0 + t - m of y
  let start = bias[c4];
  for (var m = 0u; m < LIVE; m++) { acc[m] = start; }
  let steps = min(ROWS, params.OH - oy0) + LIVE - 1;
  for (var t = 0u; t < steps; t++) {
    for (var s = 0u; s < STRIDE; s++) {
      let iy = i32((oy0 + t) * STRIDE + s) - i32(params.PAD_Y);
      var row: array<vec4f, K>;
      for (var i = 0u; i < STRIDE; i++) { row[i] = load(iy, ix0 + i32(lane * STRIDE + i), c4); }
      var past = vec4f(0); // columns past those of the last lane, one a lane
      if (lane < BEYOND) { past = load(iy, ix0 + i32(LANES * STRIDE + lane), c4); }
      for (var i = STRIDE; i < K; i++) {
        let source = lane + i / STRIDE;
        let inside = subgroupShuffle(row[i % STRIDE], source % LANES);
        row[i] = select(inside, subgroupShuffle(past, (source * STRIDE + i % STRIDE) % LANES), source >= LANES);
      }
      for (var m = 0u; m < LIVE; m++) {
        let ky = s + STRIDE * m;
        if (ky < K) {
          for (var kx = 0u; kx < K; kx++) {
            let tap = ky * K + kx;
            acc[m] += row[kx] * subgroupShuffle(taps[tap / LANES], tap % LANES);
          }
        }
      }
    }
    if (t + 1 >= LIVE && ox0 + lane < params.OW) {
      y[((oy0 + t + 1 - LIVE) * params.OW + ox0 + lane) * params.C4 + c4] = stored(activate(acc[LIVE - 1]));
    }
    for (var m = 1u; m < LIVE; m++) { acc[LIVE - m] = acc[LIVE - m - 1]; }
    acc[0] = start;
  }
}
