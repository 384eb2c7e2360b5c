// Include. Loader of gemm: rows of a matrix, less the first SKIP ones (the class token).
alias xelem = f32;
const SKIP: u32 = 0;
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [M + SKIP, K/4]

fn load(row: u32, k4: u32) -> vec4f {
  return vec4f(x[(row + SKIP) * params.K4 + k4]);
}
