// channels[H,W] = weight2 · relu(conv3x3(upsampled) + bias1) + bias2, as head.wgsl has it. For CPU adapters.
// Includes: head_inputs.wgsl, conv_subgroup.wgsl, conv_load_bilinear.wgsl, bilinear.wgsl, head_store.wgsl
// A workgroup is one subgroup, on 4×8 pixels and all 32 hidden channels, in f32 throughout.
enable subgroups;

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
