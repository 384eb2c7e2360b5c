// Include. Store of gemm and conv2d: y = act(acc + bias).
alias yelem = f32;
const SATURATE: bool = false; // whether sums may leave the range of yelem: f16
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  var value = activate(acc + bias[n4]);
  if (SATURATE) { value = clamp(value, vec4f(-65504), vec4f(65504)); }
  y[row * params.N4 + n4] = vec4<yelem>(value);
}
