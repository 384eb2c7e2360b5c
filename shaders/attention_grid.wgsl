// Include. Attention with a bias by offset between two grids: queries on [·,QW], STRIDE apart, and keys on [KH,KW].
// bias[HEADS, OFFSETS] is added by STRIDE·query - key: rows before columns, SPAN columns. With a class token first on
// both sides, CLASS = 1 and the last three are for class to patch, patch to class and class to class, as in BEiT, arXiv
// 2106.08254.
struct Grid {
  QW: u32,
  KH: u32,
  KW: u32,
  STRIDE: u32,
  CLASS: u32,
  SPAN: u32, // STRIDE·(QW - 1) + KW
  OFFSETS: u32,
}
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<uniform> grid: Grid;

fn token(part: u32, i: u32) -> u32 { return i; }

// An offset is the difference of two first numbers; the second is 1 for the class token.
fn query_place(part: u32, i: u32) -> vec2u {
  if (i < grid.CLASS) { return vec2u(0, 1); }
  let at = i - grid.CLASS;
  let last = (grid.KH - 1) * grid.SPAN + grid.KW - 1;
  return vec2u(grid.STRIDE * (at / grid.QW * grid.SPAN + at % grid.QW) + last, 0);
}

fn key_place(part: u32, i: u32) -> vec2u {
  if (i < grid.CLASS) { return vec2u(0, 1); }
  let at = i - grid.CLASS;
  return vec2u(at / grid.KW * grid.SPAN + at % grid.KW, 0);
}

fn adjusted(score: f32, q: vec2u, k: vec2u, head: u32) -> f32 {
  let classes = q.y + 2 * k.y;
  let offset = select(q.x - k.x, grid.OFFSETS - 4 + classes, classes > 0);
  return score + 1.442695 * bias[head * grid.OFFSETS + offset]; // log2(e)
}
