// y[H,W,4] = (x[PH,W] resized to H rows as Pillow does / 255 - mean) / std, RGB and zero: the second of two passes.
// Includes: antialias.wgsl
// x holds four 8-bit channels in a u32. One invocation computes one pixel; neighbours read neighbouring columns.
const WORKGROUP: u32 = 64;
struct Params {
  PH: u32, // rows of x
  H: u32,
  W: u32,
  MEAN_R: f32,
  MEAN_G: f32,
  MEAN_B: f32,
  STD_R: f32,
  STD_G: f32,
  STD_B: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>; // [PH, W]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [H, W]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let at = index / params.W;
  let range = taps(at, params.PH, params.H);
  var sum = vec3f(0);
  var total = 0.0;
  for (var tap = range.first; tap < range.end; tap++) {
    let w = weight(tap, at, params.PH, params.H);
    total += w;
    sum += w * round(255 * unpack4x8unorm(x[u32(tap) * params.W + index % params.W]).rgb);
  }
  let mean = vec3f(params.MEAN_R, params.MEAN_G, params.MEAN_B);
  let deviation = vec3f(params.STD_R, params.STD_G, params.STD_B);
  y[index] = vec4f((to_byte(sum / total) / 255 - mean) / deviation, 0);
}
