// y[OH,OW,N] = store(conv(x[H,W,C], weight[3,3,C,N])), stride 1, zero padding that may differ on each side. For CPU adapters.
// Includes: conv_load.wgsl, store.wgsl, activation.wgsl
// Eight invocations, one subgroup, compute 4×8 pixels × 32 channels. A load costs such an adapter as much as ten to forty
// products, and as much when all lanes load one value as when each loads its own. So every lane loads other pixels and other
// weights, and pixels reach all lanes by broadcasts, which cost little.
// Edges: load() returns zero outside the map; what lies past OH, OW or N is skipped on store.
enable subgroups;
alias welem = f32;
const LANES: u32 = 8;
const ROWS: u32 = 4;
const PIXELS: u32 = 8; // of a row

struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
  N4: u32, // N / 4
  PAD_Y: u32, // rows of zeros above
  PAD_X: u32, // columns of zeros to the left
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [3, 3, C, N/4]

fn pixel(y: u32, x: u32, c4: u32) -> vec4f {
  let iy = i32(y) - i32(params.PAD_Y);
  if (iy < 0 || iy >= i32(params.H)) { return vec4f(0); }
  return load(iy, i32(x) - i32(params.PAD_X), c4);
}

fn channel(value: vec4f, c: u32) -> f32 {
  return select(select(value.x, value.y, c == 1), select(value.z, value.w, c == 3), c >= 2);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + LANES - 1) / LANES;
  let tiles_x = (params.OW + PIXELS - 1) / PIXELS;
  let ox0 = tile / tiles_n % tiles_x * PIXELS;
  let oy0 = tile / tiles_n / tiles_x * ROWS;
  if (oy0 >= params.OH) { return; }
  let n4 = tile % tiles_n * LANES + lane;
  let column = min(n4, params.N4 - 1);
  let tap = 4 * params.C4 * params.N4;
  var acc: array<vec4f, ROWS * PIXELS>;
  var window: array<vec4f, ROWS + 1>; // 8 pixels of each row, one a lane, and the last 2 of all rows
  for (var ky = 0u; ky < 3; ky++) {
    for (var c = 0u; c < 4 * params.C4; c++) {
      if (c % 4 == 0) {
        for (var r = 0u; r < ROWS; r++) { window[r] = pixel(oy0 + r + ky, ox0 + lane, c / 4); }
        window[ROWS] = pixel(oy0 + lane / 2 + ky, ox0 + PIXELS + lane % 2, c / 4);
      }
      let w = ky * 3 * tap + c * params.N4 + column;
      let b0 = vec4f(weight[w]);
      let b1 = vec4f(weight[w + tap]);
      let b2 = vec4f(weight[w + 2 * tap]);
      let last = channel(window[ROWS], c % 4);
      var edge: array<f32, 2 * ROWS>;
      edge[0] = subgroupBroadcast(last, 0);
      edge[1] = subgroupBroadcast(last, 1);
      edge[2] = subgroupBroadcast(last, 2);
      edge[3] = subgroupBroadcast(last, 3);
      edge[4] = subgroupBroadcast(last, 4);
      edge[5] = subgroupBroadcast(last, 5);
      edge[6] = subgroupBroadcast(last, 6);
      edge[7] = subgroupBroadcast(last, 7);
      for (var r = 0u; r < ROWS; r++) {
        let row = channel(window[r], c % 4);
        let a0 = subgroupBroadcast(row, 0);
        let a1 = subgroupBroadcast(row, 1);
        let a2 = subgroupBroadcast(row, 2);
        let a3 = subgroupBroadcast(row, 3);
        let a4 = subgroupBroadcast(row, 4);
        let a5 = subgroupBroadcast(row, 5);
        let a6 = subgroupBroadcast(row, 6);
        let a7 = subgroupBroadcast(row, 7);
        let a8 = edge[2 * r];
        let a9 = edge[2 * r + 1];
        acc[r * PIXELS] += a0 * b0 + a1 * b1 + a2 * b2;
        acc[r * PIXELS + 1] += a1 * b0 + a2 * b1 + a3 * b2;
        acc[r * PIXELS + 2] += a2 * b0 + a3 * b1 + a4 * b2;
        acc[r * PIXELS + 3] += a3 * b0 + a4 * b1 + a5 * b2;
        acc[r * PIXELS + 4] += a4 * b0 + a5 * b1 + a6 * b2;
        acc[r * PIXELS + 5] += a5 * b0 + a6 * b1 + a7 * b2;
        acc[r * PIXELS + 6] += a6 * b0 + a7 * b1 + a8 * b2;
        acc[r * PIXELS + 7] += a7 * b0 + a8 * b1 + a9 * b2;
      }
    }
  }
  // A bound that the compiler does not know: 32 stores in a row would take ten times as long to compile as the rest.
  let most = min(ROWS, params.OH - oy0) * PIXELS;
  for (var i = 0u; i < most; i++) {
    let ox = ox0 + i % PIXELS;
    if (ox < params.OW && n4 < params.N4) { store((oy0 + i / PIXELS) * params.OW + ox, n4, acc[i]); }
  }
}
