// Include. Store of gemm: y = a · GELU(g), where columns of a and of g take turns in pairs: a a g g.
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec2<yelem>>; // [rows, N/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  let sums = acc + bias[n4];
  y[row * params.N4 + n4] = stored(vec4f(sums.xy * gelu(sums).zw, 0, 0)).xy;
}
