// One step of ZoeDepth's attractors: bins y[pixel, ·] = b + mean over attractors a of d / (1 + 300·d²), d = a - b, with
// b = bilinear(low), the bins of the coarser grid. A value is an attractor by softplus, or where NORMED, each other one
// by relu(x) + 0.001. SCALED: bins of 0 to 1 become depth from LEAST to MOST, cut off there.
// Includes: bilinear.wgsl, softplus.wgsl
// One invocation computes the bins of a pixel.
const NORMED: bool = false;
const SCALED: bool = false;
const COUNT: u32 = 16; // attractors
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  A4: u32, // values of a pixel / 4
  B4: u32, // bins / 4
  LEAST: f32,
  MOST: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [H·W, A/4]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [H·W, B/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pixel = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (pixel >= params.H * params.W) { return; }
  var attractors: array<f32, COUNT>;
  for (var j = 0u; j < COUNT; j++) {
    let channel = select(j, 2 * j, NORMED);
    let values = x[pixel * params.A4 + channel / 4];
    let raw = values[channel % 4];
    attractors[j] = select(softplus(vec4f(raw)).x, max(raw, 0) + 0.001, NORMED);
  }
  for (var i = 0u; i < params.B4; i++) {
    let bins = bilinear(pixel / params.W, pixel % params.W, i);
    var pull = vec4f(0);
    for (var j = 0u; j < COUNT; j++) {
      let d = attractors[j] - bins;
      pull += d / (1 + 300 * d * d);
    }
    let moved = bins + pull / f32(COUNT);
    let depth = clamp((params.MOST - params.LEAST) * moved + params.LEAST, vec4f(params.LEAST), vec4f(params.MOST));
    y[pixel * params.B4 + i] = select(moved, depth, SCALED);
  }
}
