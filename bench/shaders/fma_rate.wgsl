// Multiply-add ceiling: y[i] = sum of 8 independent chains of ITERATIONS fused multiply-adds on vec4s, no memory in the
// loop.
alias elem = f32;
const WORKGROUP: u32 = 64;

struct Params {
  ITERATIONS: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [2]: a factor below 1 and an addend
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = vec4<elem>(x[0]);
  let b = vec4<elem>(x[1]) * elem(id.x & 7u);
  var c0 = b; var c1 = b + a; var c2 = b - a; var c3 = b * a;
  var c4 = a; var c5 = a - b; var c6 = a + a; var c7 = b + b;
  for (var i = 0u; i < params.ITERATIONS; i++) {
    c0 = fma(c0, a, b); c1 = fma(c1, a, b); c2 = fma(c2, a, b); c3 = fma(c3, a, b);
    c4 = fma(c4, a, b); c5 = fma(c5, a, b); c6 = fma(c6, a, b); c7 = fma(c7, a, b);
  }
  y[id.x] = vec4f(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7);
}
