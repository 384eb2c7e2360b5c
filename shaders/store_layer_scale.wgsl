// Include. Store of gemm: y = residual + gamma·(acc + bias), LayerScale and residual add of a transformer block.
// The residual stream is f32 whatever the storage type of the activations.
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(6) var<storage, read> residual: array<vec4f>; // [rows, N/4]
@group(0) @binding(7) var<storage, read> gamma: array<vec4f>; // [N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4f>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  let at = row * params.N4 + n4;
  y[at] = residual[at] + gamma[n4] * (acc + bias[n4]);
}
