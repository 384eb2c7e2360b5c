// Include. Store of gemm_layer_norm: y = normalised · gamma + beta.
alias yelem = f32;
@group(0) @binding(6) var<storage, read> norm: array<vec4f>; // [2, N/4]: gamma, beta
@group(0) @binding(8) var<storage, read_write> y: array<vec4<yelem>>; // [M, N/4]

fn store_norm(at: u32, col: u32, value: vec4f) {
  y[at] = vec4<yelem>(value * norm[col] + norm[params.N4 + col]);
}
