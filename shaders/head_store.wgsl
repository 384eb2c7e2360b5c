// Include. Store of head: the depth of pixel `at`, from the channels of the last convolution.
const FINAL: u32 = 0; // 0 ReLU, 1 SCALE·sigmoid
@group(0) @binding(9) var<storage, read_write> depth: array<f32>; // [H, W]

fn store(at: u32, value: vec2f) {
  if (FINAL == 1) {
    depth[at] = params.SCALE / (1.0 + exp(clamp(-value.x, -80.0, 80.0)));
  } else {
    depth[at] = max(value.x, 0.0);
  }
}
