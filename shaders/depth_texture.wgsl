// packed[H,W] = (nearness, depth, 0, valid) of a depth map, for other programs on the same device to sample.
// Includes: depth_normalize.wgsl
// nearness is 0 at the far end of the range and 1 at the near end; valid is 1, and all four are 0 where depth is not
// finite. A flat range has nearness 0, or 1 where nearer values are smaller. One invocation writes one texel.
alias texels = texture_storage_2d<rgba16float, write>;
const WORKGROUP: u32 = 64;
const LARGEST: f32 = 65504; // finite range of a channel
struct Params {
  H: u32,
  W: u32,
  AT: u32, // where in range[] low and high stand
  OFFSET: f32, // nearness = OFFSET + SIGN · place in the range
  SIGN: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // [H, W], f32 bits
@group(0) @binding(2) var<storage, read> range: array<f32>; // [8]
@group(0) @binding(3) var packed: texels;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  var texel = vec4f(0);
  if (is_finite(depth[index])) {
    let value = bitcast<f32>(depth[index]);
    let place = normalize_depth(value, range[params.AT], range[params.AT + 1]);
    texel = vec4f(params.OFFSET + params.SIGN * place, clamp(value, -LARGEST, LARGEST), 0, 1);
  }
  textureStore(packed, vec2u(index % params.W, index / params.W), texel);
}
