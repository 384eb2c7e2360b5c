// Centres of the bins of ZoeDepth on its coarsest grid: y[pixel, bin] = softplus(x). Where NORMED, x are the widths of
// bins that fill 0 to 1, as relu(x) + 0.001 over their sum, and y is the middles of those.
// Includes: softplus.wgsl
// One invocation computes the bins of a pixel.
const NORMED: bool = false;
const WORKGROUP: u32 = 64;
struct Params {
  PIXELS: u32,
  B4: u32, // bins / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [PIXELS, B/4]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [PIXELS, B/4]

fn width(at: u32) -> vec4f { return max(x[at], vec4f(0)) + 0.001; }

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pixel = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (pixel >= params.PIXELS) { return; }
  let first = pixel * params.B4;
  var sum = 0.0;
  for (var i = 0u; i < params.B4; i++) { sum += dot(width(first + i), vec4f(1)); }
  var edge = 0.0;
  for (var i = 0u; i < params.B4; i++) {
    let w = width(first + i) / sum;
    let past = vec4f(w.x, w.x + w.y, w.x + w.y + w.z, dot(w, vec4f(1)));
    y[first + i] = select(softplus(x[first + i]), edge + past - 0.5 * w, NORMED);
    edge += past.w;
  }
}
