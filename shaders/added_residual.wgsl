// Include. A map of the same size is added.
alias relem = f32;
@group(0) @binding(6) var<storage, read> residual: array<vec4<relem>>; // [H·W, C/4]

fn added(at: u32) -> vec4f {
  return vec4f(residual[at]);
}
