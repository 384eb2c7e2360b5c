// channels[H,W] = weight2 · relu(conv3x3(upsampled) + bias1) + bias2, as head.wgsl has it. For CPU adapters.
// Includes: conv_subgroup.wgsl, conv_load_bilinear.wgsl, bilinear.wgsl, head_store.wgsl
// A workgroup is one subgroup, on 4×8 pixels and all 32 hidden channels, in f32 throughout.
enable subgroups;
alias welem = f32;
const CHANNELS: u32 = 1; // of the last convolution: 1 or 2
struct Params {
  H: u32, // output height and width
  W: u32,
  C4: u32,
  SCALE: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight1: array<vec4<welem>>; // [3, 3, C, LANES]
@group(0) @binding(2) var<storage, read> bias1: array<vec4f>; // [LANES]
@group(0) @binding(3) var<storage, read> weight2: array<vec4f>; // [CHANNELS, LANES]
@group(0) @binding(4) var<storage, read> bias2: array<f32>; // the first CHANNELS count

fn weight_at(i: u32) -> vec4f { return vec4f(weight1[i]); }

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_x = (params.W + PIXELS - 1) / PIXELS;
  let ox0 = tile % tiles_x * PIXELS;
  let oy0 = tile / tiles_x * ROWS;
  if (oy0 >= params.H) { return; }
  sum_tile(i32(oy0) - 1, i32(ox0) - 1, lane, LANES, lane);
  let bias = bias1[lane];
  // unknown to the compiler, which would spend most of its time on 32 stores
  let most = min(ROWS, params.H - oy0) * PIXELS;
  for (var i = 0u; i < most; i++) {
    let hidden = max(acc[i] + bias, vec4f(0));
    var value = vec2f(bias2[0], bias2[1]);
    value.x += subgroupAdd(dot(hidden, weight2[lane]));
    if (CHANNELS == 2) { value.y += subgroupAdd(dot(hidden, weight2[LANES + lane])); }
    let ox = ox0 + i % PIXELS;
    if (lane == 0 && ox < params.W) { store((oy0 + i / PIXELS) * params.W + ox, value); }
  }
}
