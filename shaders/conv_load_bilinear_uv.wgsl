// Include. Loader of head: as conv_load_bilinear.wgsl, with what `uv` has for the column added to the first half of the
// channels, and what it has for the row to the second.
// Includes: bilinear.wgsl
@group(0) @binding(7) var<storage, read> uv: array<vec4f>; // [W + H, C/8]: columns, then rows

fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  let half = params.C4 / 2;
  let place = select(params.W + u32(iy), u32(ix), c4 < half);
  return bilinear(u32(iy), u32(ix), c4) + uv[place * half + c4 % half];
}
