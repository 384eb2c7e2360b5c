// Include. Loader of gemm: the patches of a picture or map as rows, after one row of zeros for the class token.
// x[H,W,C] -> rows [1 + GH·GW, PATCH·PATCH·C], K ordered (ky, kx, channel).
alias xelem = f32;
const PATCH: u32 = 14;
const C4: u32 = 1; // C / 4; a picture has RGB and zero
struct Patches {
  W: u32,  // picture width in pixels
  GW: u32, // patches in a row
}
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [H, W, C/4]
@group(0) @binding(3) var<uniform> patches: Patches;

// Where a row begins in x: in two parts, so that a loop over K need not divide by the width.
const ZEROS: u32 = 0xffffffff; // the class token's row
fn start(row: u32) -> u32 {
  if (row == 0) { return ZEROS; }
  let index = row - 1;
  return (index / patches.GW * patches.W + index % patches.GW) * PATCH * C4;
}

fn load(at: u32, k4: u32) -> vec4f {
  if (at == ZEROS) { return vec4f(0); }
  let tap = k4 / C4;
  return vec4f(x[at + (tap / PATCH * patches.W + tap % PATCH) * C4 + k4 % C4]);
}
