// y[H,W,4] = (bilinear(picture) - mean) / std of a picture [PH,PW] with a border of mirrored pixels, whose edge is not
// repeated: TOP rows above and below, LEFT columns on both sides. Resized with align_corners = true; RGB and zero.
// Includes: resample.wgsl
// One invocation computes one pixel from its 4 taps.
const WORKGROUP: u32 = 64;
struct Params {
  PH: u32, // picture height and width
  PW: u32,
  TOP: u32,
  LEFT: u32,
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

fn corner(at: u32, input: u32, output: u32) -> Position {
  return position(i32(at * (input - 1)), i32(max(output, 2) - 1));
}

// The pixel of the picture at a place of the bordered one.
fn mirrored(at: i32, border: u32, size: u32) -> i32 {
  let i = abs(at - i32(border));
  let last = i32(size) - 1;
  return clamp(select(i, 2 * last - i, i > last), 0, last);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let rows = params.PH + 2 * params.TOP;
  let columns = params.PW + 2 * params.LEFT;
  let py = corner(index / params.W, rows, params.H);
  let px = corner(index % params.W, columns, params.W);
  var color = vec3f(0);
  for (var j = 0; j < 2; j++) {
    let row = mirrored(min(py.base + j, i32(rows) - 1), params.TOP, params.PH);
    for (var i = 0; i < 2; i++) {
      let column = mirrored(min(px.base + i, i32(columns) - 1), params.LEFT, params.PW);
      let weight = select(1 - px.fraction, px.fraction, i == 1) * select(1 - py.fraction, py.fraction, j == 1);
      color += weight * textureLoad(picture, vec2i(column, row), 0).rgb;
    }
  }
  let mean = vec3f(params.MEAN_R, params.MEAN_G, params.MEAN_B);
  let deviation = vec3f(params.STD_R, params.STD_G, params.STD_B);
  y[index] = vec4f((color - mean) / deviation, 0);
}
