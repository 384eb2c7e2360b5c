// Include. Loader of conv2d and head: one pixel of the virtual map [H,W,C] that low[LH,LW,C] is resized to, zero
// outside.
// Includes: bilinear.wgsl
alias Place = Corners;
fn place(iy: i32, ix: i32) -> Place {
  return corners(u32(iy), u32(ix));
}
fn load_at(at: Place, c4: u32) -> vec4f {
  return blend(at, c4);
}
fn load(iy: i32, ix: i32, c4: u32) -> vec4f {
  if (ix < 0 || ix >= i32(params.W)) { return vec4f(0); }
  return load_at(place(iy, ix), c4);
}
