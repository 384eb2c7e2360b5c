// Include. Loader of head: as conv_load_bilinear.wgsl, with what `uv` has for the column added to the first half of the
// channels, and what it has for the row to the second.
// Includes: bilinear.wgsl
@group(0) @binding(7) var<storage, read> uv: array<vec4f>; // [W + H, C/8]: columns, then rows

struct Place {
  between: Corners,
  iy: u32,
  ix: u32,
}
fn place(iy: i32, ix: i32) -> Place {
  return Place(corners(u32(iy), u32(ix)), u32(iy), u32(ix));
}
fn load_at(at: Place, c4: u32) -> vec4f {
  let half = params.C4 / 2;
  let line = select(params.W + at.iy, at.ix, c4 < half);
  return blend(at.between, c4) + uv[line * half + c4 % half];
}
fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return load_at(place(iy, ix), c4);
}
