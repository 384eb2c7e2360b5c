// Include. Loader of layer_norm: rows as they are, x[R, C4].
alias xelem = f32;
@group(0) @binding(1) var<storage, read> x: array<vec4<xelem>>;

fn load(row: u32, c: u32) -> vec4f { return vec4f(x[row * params.C4 + c]); }
