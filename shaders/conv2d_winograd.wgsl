// y[OH,OW,N] = store(conv(x[H,W,C], weight[3,3,C,N])), stride 1, zero padding that may differ on each side, by
// Winograd's F(2×2,3×3): 16 products for four outputs instead of 36 (Lavin & Gray, arXiv 1509.09308). All in f32.
// Includes: conv_load.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup computes 32 tiles of 2×2 outputs × 32 channels. Half of it transforms the inputs of four channels, the
// other half their weights; then 16 invocations work on each of the 16 products, 8 tiles × 8 channels each. Edges:
// load() returns zero outside the map; what lies past OH, OW or N is skipped on store.
alias welem = f32;
const TILES: u32 = 32;
const COLUMNS: u32 = 8; // of four channels each
const WEIGHTS: u32 = 512; // where the transformed weights begin

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

// [16, TILES] inputs and [16, 4, COLUMNS] weights of four channels; at the end [16, TILES, 2] sums.
var<workgroup> tile: array<vec4f, 1024>;

fn pixel(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (iy < 0 || iy >= i32(params.H)) { return vec4f(0); }
  return load(iy, ix, c4);
}

// Row i of Bᵀ·d·B for the 4×4 inputs d that begin at (iy, ix).
fn transform_input(i: u32, iy: i32, ix: i32, c4: u32, at: u32) {
  let plus = iy + i32(select(i, 1u, i == 3));
  let minus = iy + i32(select(select(2u, 1u, i == 2), 3u, i == 3));
  let sign = select(-1.0, 1.0, i == 1);
  let e0 = pixel(plus, ix, c4) + sign * pixel(minus, ix, c4);
  let e1 = pixel(plus, ix + 1, c4) + sign * pixel(minus, ix + 1, c4);
  let e2 = pixel(plus, ix + 2, c4) + sign * pixel(minus, ix + 2, c4);
  let e3 = pixel(plus, ix + 3, c4) + sign * pixel(minus, ix + 3, c4);
  tile[4 * i * TILES + at] = e0 - e2;
  tile[(4 * i + 1) * TILES + at] = e1 + e2;
  tile[(4 * i + 2) * TILES + at] = e2 - e1;
  tile[(4 * i + 3) * TILES + at] = e1 - e3;
}

// Column kx of G·g, row i.
fn filter_row(i: u32, kx: u32, c: u32, n4: u32) -> vec4f {
  let row = 12 * params.C4 * params.N4; // of the kernel; a third of it is one tap
  let at = (4 * kx * params.C4 + c) * params.N4 + n4;
  let g0 = vec4f(weight[at]);
  let g1 = vec4f(weight[at + row]);
  let g2 = vec4f(weight[at + 2 * row]);
  if (i == 0) { return g0; }
  if (i == 3) { return g2; }
  return 0.5 * (g0 + g2 + select(-g1, g1, i == 1));
}

// Row i of G·g·Gᵀ for the 3×3 weights g of one input channel and four output channels.
fn transform_weight(i: u32, c: u32, n4: u32, at: u32) {
  let e0 = filter_row(i, 0, c, n4);
  let e1 = filter_row(i, 1, c, n4);
  let e2 = filter_row(i, 2, c, n4);
  let first = WEIGHTS + 4 * i * 4 * COLUMNS + at;
  tile[first] = e0;
  tile[first + 4 * COLUMNS] = 0.5 * (e0 + e2 + e1);
  tile[first + 8 * COLUMNS] = 0.5 * (e0 + e2 - e1);
  tile[first + 12 * COLUMNS] = e2;
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let part = group.y * groups.x + group.x;
  let parts_n = (params.N4 + COLUMNS - 1) / COLUMNS;
  let tiles_x = (params.OW + 1) / 2;
  let tile0 = part / parts_n * TILES;
  let column0 = part % parts_n * COLUMNS;
  if (tile0 >= tiles_x * ((params.OH + 1) / 2)) { return; }
  let position = local / 16;
  let t0 = local / 4 % 4 * 8;
  let pair = local % 4; // of columns
  var acc: array<vec4f, 16>; // 8 tiles × 2 columns
  for (var c4 = 0u; c4 < params.C4; c4++) {
    if (local < 128) {
      let t = tile0 + local / 4;
      let row = i32(2 * (t / tiles_x)) - i32(params.PAD_Y);
      let column = i32(2 * (t % tiles_x)) - i32(params.PAD_X);
      transform_input(local % 4, row, column, c4, local / 4);
    } else {
      let c = local / 32 % 4;
      let n = local / 4 % 8;
      transform_weight(local % 4, 4 * c4 + c, min(column0 + n, params.N4 - 1), c * COLUMNS + n);
    }
    workgroupBarrier();
    let b = WEIGHTS + position * 4 * COLUMNS + 2 * pair;
    let b0 = tile[b];
    let b1 = tile[b + COLUMNS];
    let b2 = tile[b + 2 * COLUMNS];
    let b3 = tile[b + 3 * COLUMNS];
    let d0 = tile[b + 1];
    let d1 = tile[b + COLUMNS + 1];
    let d2 = tile[b + 2 * COLUMNS + 1];
    let d3 = tile[b + 3 * COLUMNS + 1];
    for (var t = 0u; t < 8; t++) {
      let a = tile[position * TILES + t0 + t];
      acc[2 * t] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
      acc[2 * t + 1] += a.x * d0 + a.y * d1 + a.z * d2 + a.w * d3;
    }
    workgroupBarrier();
  }
  // The sums of two columns at a time, as more do not fit; then Aᵀ·m·A, one output an invocation.
  let s = local / 8;
  let oy = 2 * ((tile0 + s) / tiles_x) + local / 2 % 2;
  let ox = 2 * ((tile0 + s) % tiles_x) + local % 2;
  let rounds = min(4u, (params.N4 - column0 + 1) / 2);
  for (var round = 0u; round < rounds; round++) {
    if (pair == round) {
      for (var k = 0u; k < 16; k++) { tile[(position * TILES + t0) * 2 + k] = acc[k]; }
    }
    workgroupBarrier();
    var sum = vec4f(0);
    for (var i = 0u; i < 3; i++) {
      for (var j = 0u; j < 3; j++) {
        let minus = (local / 2 % 2 == 1 && i > 0) != (local % 2 == 1 && j > 0);
        let m = tile[((4 * (i + local / 2 % 2) + j + local % 2) * TILES + s) * 2 + local / 4 % 2];
        sum += select(m, -m, minus);
      }
    }
    let n4 = column0 + 2 * round + local / 4 % 2;
    if (oy < params.OH && ox < params.OW && n4 < params.N4) { store(oy * params.OW + ox, n4, sum); }
    workgroupBarrier();
  }
}
