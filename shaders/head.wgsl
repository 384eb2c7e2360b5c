// channels[H,W] = weight2 · relu(conv3x3(upsampled) + bias1) + bias2, the last three layers of a decoder in one pass;
// the store makes depth of them. upsampled is low[LH,LW,C] resized to [H,W]; neither it nor the HIDDEN·4 channels of
// the convolution are ever stored.
// Includes: head_inputs.wgsl, conv_load_bilinear.wgsl, bilinear.wgsl, head_store.wgsl
// One invocation computes PIXELS neighbouring pixels of a row with all hidden channels, in f32 throughout.
const HIDDEN: u32 = 8; // hidden channels / 4
const PIXELS: u32 = 2;
const WORKGROUP: u32 = 64;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = (group.y * groups.x + group.x) * WORKGROUP + local;
  let tiles_x = (params.W + PIXELS - 1) / PIXELS;
  let ox0 = tile % tiles_x * PIXELS;
  let oy = tile / tiles_x;
  if (oy >= params.H) { return; }
  var acc: array<vec4f, PIXELS * HIDDEN>;
  for (var ky = 0u; ky < 3; ky++) {
    let iy = i32(oy + ky) - 1;
    if (iy < 0 || iy >= i32(params.H)) { continue; }
    for (var c4 = 0u; c4 < params.C4; c4++) {
      var window: array<vec4f, PIXELS + 2>;
      for (var i = 0u; i < PIXELS + 2; i++) { window[i] = load(iy, i32(ox0 + i) - 1, c4); }
      for (var kx = 0u; kx < 3; kx++) {
        let w = ((ky * 3 + kx) * params.C4 + c4) * 4 * HIDDEN;
        for (var n = 0u; n < HIDDEN; n++) {
          let b0 = weight_at(w + n);
          let b1 = weight_at(w + HIDDEN + n);
          let b2 = weight_at(w + 2 * HIDDEN + n);
          let b3 = weight_at(w + 3 * HIDDEN + n);
          for (var p = 0u; p < PIXELS; p++) {
            let a = window[p + kx];
            acc[p * HIDDEN + n] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
          }
        }
      }
    }
  }
  for (var p = 0u; p < PIXELS; p++) {
    if (ox0 + p < params.W) {
      var value = vec2f(bias2[0], bias2[1]);
      for (var n = 0u; n < HIDDEN; n++) {
        let hidden = max(acc[p * HIDDEN + n] + bias1[n], vec4f(0));
        value.x += dot(hidden, weight2[n]);
        if (CHANNELS == 2) { value.y += dot(hidden, weight2[HIDDEN + n]); }
      }
      store(oy * params.W + ox0 + p, value);
    }
  }
}
