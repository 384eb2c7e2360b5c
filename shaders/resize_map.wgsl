// y[H,W] = x[IH,IW] resized: bilinear with or without align_corners, or bicubic (a = -0.75, not clamped) without.
// Includes: resample.wgsl
// One invocation computes one pixel. Borders are repeated.
const FILTER: u32 = 0; // 0 bilinear, 1 bilinear with align_corners, 2 bicubic
const WORKGROUP: u32 = 64;
const A: f32 = -0.75;
struct Params {
  IH: u32, // input height and width
  IW: u32,
  H: u32,
  W: u32,
  TOP: u32, // rows above and below y, and columns on both sides, that x has besides
  LEFT: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [IH, IW]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [H, W]

fn source(at: u32, input: u32, output: u32) -> Position {
  if (FILTER == 1) { return position(i32(at * (input - 1)), i32(max(output, 2) - 1)); }
  return half_pixel(at, input, output);
}

// Weights of pixels base-1 … base+2.
fn weights(t: f32) -> vec4f {
  if (FILTER == 2) { return cubic(t, A); }
  return vec4f(0, 1 - t, t, 0);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let py = source(index / params.W + params.TOP, params.IH, params.H + 2 * params.TOP);
  let px = source(index % params.W + params.LEFT, params.IW, params.W + 2 * params.LEFT);
  let wy = weights(py.fraction);
  let wx = weights(px.fraction);
  let first = select(1, 0, FILTER == 2);
  let end = select(3, 4, FILTER == 2);
  var value = 0.0;
  for (var j = first; j < end; j++) {
    let row = u32(clamp(py.base + j - 1, 0, i32(params.IH) - 1)) * params.IW;
    var sum = 0.0;
    for (var i = first; i < end; i++) { sum += wx[i] * x[row + u32(clamp(px.base + i - 1, 0, i32(params.IW) - 1))]; }
    value += wy[j] * sum;
  }
  y[index] = value;
}
