// Include. bilinear(y, x, c4): four channels of low[LH,LW,C] resized to a virtual map, read at one of its pixels.
// align_corners = true:  src = dst·(in-1)/(out-1);  false: src = max(0, (dst+0.5)·in/out - 0.5).
alias lelem = f32;
const ALIGN_CORNERS: bool = true;
struct Resize {
  LH: u32,
  LW: u32,
  LC4: u32, // channels / 4
  SCALE_Y: f32, // source pixels per output pixel
  SCALE_X: f32,
}
@group(0) @binding(10) var<uniform> resize: Resize;
@group(0) @binding(8) var<storage, read> low: array<vec4<lelem>>; // [LH, LW, C/4]

fn source(at: u32, scale: f32) -> f32 {
  if (ALIGN_CORNERS) { return f32(at) * scale; }
  return max(0.0, (f32(at) + 0.5) * scale - 0.5);
}

// Where the corners of a pixel begin in low, of four channels each: upper left, upper right, lower left, lower right;
// and how far the pixel is between them, across and down.
struct Corners {
  at: vec4u,
  part: vec2f,
}
fn corners(y: u32, x: u32) -> Corners {
  let sy = source(y, resize.SCALE_Y);
  let sx = source(x, resize.SCALE_X);
  let y0 = min(u32(sy), resize.LH - 1);
  let x0 = min(u32(sx), resize.LW - 1);
  let rows = vec2u(y0, min(y0 + 1, resize.LH - 1)) * resize.LW;
  let columns = vec2u(x0, min(x0 + 1, resize.LW - 1));
  return Corners((rows.xxyy + columns.xyxy) * resize.LC4, vec2f(sx - f32(x0), sy - f32(y0)));
}
fn blend(between: Corners, c4: u32) -> vec4f {
  let at = between.at + c4;
  let upper = mix(vec4f(low[at.x]), vec4f(low[at.y]), between.part.x);
  let lower = mix(vec4f(low[at.z]), vec4f(low[at.w]), between.part.x);
  return mix(upper, lower, between.part.y);
}
fn bilinear(y: u32, x: u32, c4: u32) -> vec4f {
  return blend(corners(y, x), c4);
}
