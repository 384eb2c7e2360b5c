// Include. Loader of gemm: rows of a matrix.
alias xelem = f32;
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [M, K/4]

fn load(row: u32, k4: u32) -> vec4f {
  return vec4f(x[row * params.K4 + k4]);
}
