// Include. Loader of gemm: rows of a matrix, less the first SKIP ones (the class token).
alias xelem = f32;
const SKIP: u32 = 0;
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [M + SKIP, K/4]

// Where a row begins in x, and a vector of it: in two parts, so that a loop over K only adds.
fn start(row: u32) -> u32 { return (row + SKIP) * params.K4; }

fn load(at: u32, k4: u32) -> vec4f { return vec4f(x[at + k4]); }
