// Include. Loader of gemm: the patches of a picture as rows, after one row of zeros for the class token.
// x[H,W,4] -> rows [1 + GH·GW, PATCH·PATCH·4], K ordered (ky, kx, channel).
const PATCH: u32 = 14;
struct Patches {
  W: u32,  // picture width in pixels
  GW: u32, // patches in a row
}
@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [H, W], RGB and zero
@group(0) @binding(3) var<uniform> patches: Patches;

fn load(row: u32, k4: u32) -> vec4f {
  if (row == 0) { return vec4f(0); }
  let index = row - 1;
  let y = index / patches.GW * PATCH + k4 / PATCH;
  return x[y * patches.W + index % patches.GW * PATCH + k4 % PATCH];
}
