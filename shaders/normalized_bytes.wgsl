// y[H,W,4] = (x[PH,PW] resized on 8-bit levels / 255 - mean) / std, RGB and zero: the second of two resizes.
// Includes: resample_bytes.wgsl, resample.wgsl
// x holds four 8-bit channels in a u32. One invocation computes one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  PH: u32, // rows and columns of x
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
@group(0) @binding(1) var<storage, read> x: array<u32>; // [PH, PW]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>; // [H, W]

fn level(iy: u32, ix: u32) -> vec3f { return round(255 * unpack4x8unorm(x[iy * params.PW + ix]).rgb); }

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let mean = vec3f(params.MEAN_R, params.MEAN_G, params.MEAN_B);
  let deviation = vec3f(params.STD_R, params.STD_G, params.STD_B);
  y[index] = vec4f((resampled(index / params.W, index % params.W) / 255 - mean) / deviation, 0);
}
