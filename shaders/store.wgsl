// Include. Store of gemm and conv2d: y = act(acc + bias).
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  y[row * params.N4 + n4] = stored(activate(acc + bias[n4]));
}
