// Include. Attention within windows of WINDOW × WINDOW tokens of a map [H,W], arXiv 2103.14030: each is a part. The map
// is rolled up and left by SHIFT first. bias[HEADS, (2·WINDOW - 1)²] is added by offset, query - key, rows before
// columns. The last windows of a rolled map hold tokens of opposite edges: -100 is added between those, as published.
const WINDOW: u32 = 4;
const SPAN: u32 = 2 * WINDOW - 1; // offsets along a side
struct Windows {
  H: u32,
  W: u32,
  SHIFT: u32,
}
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<uniform> windows: Windows;

// Row and column in the rolled map.
fn rolled(part: u32, i: u32) -> vec2u {
  let across = windows.W / WINDOW;
  return WINDOW * vec2u(part / across, part % across) + vec2u(i / WINDOW, i % WINDOW);
}

fn token(part: u32, i: u32) -> u32 {
  let size = vec2u(windows.H, windows.W);
  let at = rolled(part, i) + windows.SHIFT;
  let back = select(at, at - size, at >= size);
  return back.x * windows.W + back.y;
}

// Which of the 3 × 3 regions a token is in: the rolled map is cut before its last windows and within them.
fn region(part: u32, i: u32) -> u32 {
  let size = vec2u(windows.H, windows.W);
  let at = rolled(part, i);
  let cuts = vec2u(at >= size - WINDOW) + vec2u(at >= size - windows.SHIFT);
  return 3 * cuts.x + cuts.y;
}

// A row of the bias is the difference of two first numbers.
fn query_place(part: u32, i: u32) -> vec2u {
  return key_place(part, i) + vec2u((WINDOW - 1) * (SPAN + 1), 0);
}

fn key_place(part: u32, i: u32) -> vec2u { return vec2u(i / WINDOW * SPAN + i % WINDOW, region(part, i)); }

fn adjusted(score: f32, q: vec2u, k: vec2u, head: u32) -> f32 {
  let added = bias[head * SPAN * SPAN + q.x - k.x] + select(0.0, -100.0, q.y != k.y);
  return score + 1.442695 * added; // log2(e)
}
