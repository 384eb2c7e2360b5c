// channels[H,W] = weight2 · relu(conv3x3(upsampled) + bias1) + bias2, as head.wgsl has it. For GPUs.
// Includes: head_inputs.wgsl, conv_tiled.wgsl, conv_load_bilinear.wgsl, bilinear.wgsl, head_store.wgsl
// A workgroup computes ROWS × PIXELS pixels with all hidden channels, 4·COLUMNS at most, in f32 throughout. At the end
// an invocation adds up the columns of one pixel. Pixels past H and W are skipped on store.
const HIDDEN: u32 = 8; // hidden channels / 4

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_x = (params.W + PIXELS - 1) / PIXELS;
  let ox0 = tile % tiles_x * PIXELS;
  let oy0 = tile / tiles_x * ROWS;
  if (oy0 >= params.H) { return; }
  let acc = sum_tile(i32(oy0) - 1, i32(ox0) - 1, 0, HIDDEN, local);
  let row = local / COLUMNS;
  let col = local % COLUMNS;
  let n4 = min(col, HIDDEN - 1);
  var value = vec2f(bias2[0], bias2[1]);
  for (var channel = 0u; channel < CHANNELS; channel++) {
    let last = select(vec4f(0), weight2[channel * HIDDEN + n4], col < HIDDEN);
    for (var q = 0u; q < (PIXELS + 3) / 4; q++) {
      var four: vec4f; // pixels
      for (var p = 0u; p < min(4, PIXELS); p++) { four[p] = dot(max(acc[q * 4 + p] + bias1[n4], vec4f(0)), last); }
      weights[row * 2 + q][col] = four;
    }
    workgroupBarrier();
    for (var c = 0u; c < COLUMNS; c++) { value[channel] += weights[row * 2 + col / 4][c][col % 4]; }
    workgroupBarrier();
  }
  let oy = oy0 + row;
  let ox = ox0 + col;
  if (col < PIXELS && oy < params.H && ox < params.W) { store(oy * params.W + ox, value); }
}
