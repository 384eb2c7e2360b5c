// Include. Store of head: the depth of pixel `at` is e to the channel of the last convolution.
@group(0) @binding(9) var<storage, read_write> depth: array<f32>; // [H, W]

fn store(at: u32, value: vec2f) { depth[at] = exp(value.x); }
