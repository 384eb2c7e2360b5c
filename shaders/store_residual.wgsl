// Include. Store of gemm and conv2d: y = residual + act(acc + bias).
alias relem = f32;
const RELU_SUM: bool = false;
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(6) var<storage, read> residual: array<vec4<relem>>; // [rows, N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  let at = row * params.N4 + n4;
  let sum = vec4f(residual[at]) + activate(acc + bias[n4]);
  y[at] = stored(select(sum, max(sum, vec4f(0)), RELU_SUM));
}
