// positions[GH,GW,3], uvs[GH,GW,2], colors[GH,GW]: the pixels of a grid as points, as glTF and OpenGL have them.
// x = (i - CX)/F·z, y = -(j - CY)/F·z, -z: y up, the camera looks along -z. uvs start at the top left. Colours are RGBA
// bytes, sRGB. Where the grid is coarser than the map, the pixel in the middle of a cell is taken, as a mean would lie
// between surfaces. A pixel that is left out, or is infinitely far, is at the origin with alpha 0.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  GH: u32,
  GW: u32,
  FOCAL: f32, // in pixels of the map
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> positions: array<f32>;
@group(0) @binding(4) var<storage, read_write> uvs: array<f32>;
@group(0) @binding(5) var<storage, read_write> colors: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.GH * params.GW) { return; }
  let grid = vec2u(params.GW, params.GH);
  let size = vec2u(params.W, params.H);
  let at = ((2 * vec2u(index % grid.x, index / grid.x) + 1) * size) / (2 * grid);
  let center = vec2f(at) + 0.5;
  let uv = center / vec2f(size);
  let w = textureLoad(inverse, at, 0).x;
  var position = vec3f(0);
  var color = vec4f(0);
  if (w > 0) {
    let z = 1 / w;
    let xy = (center - 0.5 * vec2f(size)) / params.FOCAL * z;
    position = vec3f(xy.x, -xy.y, -z);
    let pixels = textureDimensions(picture);
    color = vec4f(textureLoad(picture, min(vec2u(uv * vec2f(pixels)), pixels - 1), 0).rgb, 1);
  }
  for (var i = 0u; i < 3; i++) { positions[3 * index + i] = position[i]; }
  uvs[2 * index] = uv.x;
  uvs[2 * index + 1] = uv.y;
  colors[index] = pack4x8unorm(color);
}
