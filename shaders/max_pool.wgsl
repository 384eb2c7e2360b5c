// y[oy,ox,c] = max of x[oy·STRIDE + ky - PAD_Y, ox·STRIDE + kx - PAD_X, c] over a K × K window,
// without what lies outside.
// One invocation computes four channels of a pixel; neighbours take neighbouring channels.
alias xelem = f32;
alias yelem = f32;
const K: u32 = 3;
const STRIDE: u32 = 2;
const WORKGROUP: u32 = 64;
const LOWEST: f32 = -3.4028234e38;

struct Params {
  H: u32,
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
  PAD_Y: u32,
  PAD_X: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<xelem>>; // [H·W, C/4]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<yelem>>; // [OH·OW, C/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + local;
  let c4 = at % params.C4;
  let ox = at / params.C4 % params.OW;
  let oy = at / params.C4 / params.OW;
  if (oy >= params.OH) { return; }
  var top = vec4f(LOWEST);
  for (var ky = 0u; ky < K; ky++) {
    let iy = i32(oy * STRIDE + ky) - i32(params.PAD_Y);
    if (iy < 0 || iy >= i32(params.H)) { continue; }
    for (var kx = 0u; kx < K; kx++) {
      let ix = i32(ox * STRIDE + kx) - i32(params.PAD_X);
      if (ix < 0 || ix >= i32(params.W)) { continue; }
      top = max(top, vec4f(x[(u32(iy) * params.W + u32(ix)) * params.C4 + c4]));
    }
  }
  y[at] = vec4<yelem>(top);
}
