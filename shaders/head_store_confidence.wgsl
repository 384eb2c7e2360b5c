// Include. Store of head: depth and confidence of pixel `at`, from the two channels of the last convolution.
@group(0) @binding(9) var<storage, read_write> depth: array<f32>; // [H, W]
@group(0) @binding(11) var<storage, read_write> confidence: array<f32>; // [H, W], above 1

fn store(at: u32, value: vec2f) {
  depth[at] = exp(value.x);
  confidence[at] = 1.0 + exp(value.y);
}
