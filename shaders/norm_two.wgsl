// Include. Store of gemm_layer_norm where two layer norms read the same rows: y for the next block, tap for the
// decoder.
alias yelem = f32;
@group(0) @binding(6) var<storage, read> norm: array<vec4f>; // [4, N/4]: gamma and beta of y, gamma and beta of tap
@group(0) @binding(8) var<storage, read_write> y: array<vec4<yelem>>; // [M, N/4]
@group(0) @binding(9) var<storage, read_write> tap: array<vec4<yelem>>; // [M, N/4]

fn store_norm(at: u32, col: u32, value: vec4f) {
  y[at] = vec4<yelem>(value * norm[col] + norm[params.N4 + col]);
  tap[at] = vec4<yelem>(value * norm[2 * params.N4 + col] + norm[3 * params.N4 + col]);
}
