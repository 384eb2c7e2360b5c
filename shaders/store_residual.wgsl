// Include. Store of gemm and conv2d: y = residual + act(acc + bias).
alias yelem = f32;
alias relem = f32;
const SATURATE: bool = false; // whether sums may leave the range of yelem: f16
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(6) var<storage, read> residual: array<vec4<relem>>; // [rows, N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  let at = row * params.N4 + n4;
  var sum = vec4f(residual[at]) + activate(acc + bias[n4]);
  if (SATURATE) { sum = clamp(sum, vec4f(-65504), vec4f(65504)); }
  y[at] = vec4<yelem>(sum);
}
