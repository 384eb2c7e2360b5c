// Include. Loader of layer_norm: a row is that of `first` and that of `second`, [R, C4/2] each.
alias felem = f32;
alias selem = f32;
@group(0) @binding(1) var<storage, read> first: array<vec4<felem>>;
@group(0) @binding(7) var<storage, read> second: array<vec4<selem>>;

fn load(row: u32, c: u32) -> vec4f {
  let half = params.C4 / 2;
  let at = row * half + c % half;
  if (c < half) { return vec4f(first[at]); }
  return vec4f(second[at]);
}
