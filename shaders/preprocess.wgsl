// y[H,W,4] = (bicubic(picture[PH,PW]) - mean) / std: resize and normalise a picture in one pass, RGB and zero.
// Includes: resample.wgsl
// As cv2.resize(INTER_CUBIC) on float pixels: a = -0.75, half-pixel centres, borders repeated, no antialiasing when
// shrinking and no clamping of overshoot. Alpha is not read.
// One invocation computes one pixel from its 16 taps.
const WORKGROUP: u32 = 64;
const A: f32 = -0.75;
struct Params {
  PH: u32, // picture height and width
  PW: u32,
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
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [H, W]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let py = half_pixel(index / params.W, params.PH, params.H);
  let px = half_pixel(index % params.W, params.PW, params.W);
  let wy = cubic(py.fraction, A);
  let wx = cubic(px.fraction, A);
  var color = vec3f(0);
  for (var j = 0; j < 4; j++) {
    let row = clamp(py.base + j - 1, 0, i32(params.PH) - 1);
    var sum = vec3f(0);
    for (var i = 0; i < 4; i++) {
      sum += wx[i] * textureLoad(picture, vec2i(clamp(px.base + i - 1, 0, i32(params.PW) - 1), row), 0).rgb;
    }
    color += wy[j] * sum;
  }
  let mean = vec3f(params.MEAN_R, params.MEAN_G, params.MEAN_B);
  let deviation = vec3f(params.STD_R, params.STD_G, params.STD_B);
  y[index] = vec4f((color - mean) / deviation, 0);
}
