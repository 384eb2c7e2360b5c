// y[oy,ox,c] = mean of x[oy·KH + ky, ox·KW + kx, c] over a KH × KW window. Windows touch; what fills none is dropped.
// One invocation computes four channels of a pixel; neighbours take neighbouring channels. The sum is in f32.
alias xelem = f32;
alias yelem = f32;
const KH: u32 = 2;
const KW: u32 = 2;
const WORKGROUP: u32 = 64;

struct Params {
  W: u32,
  C4: u32, // C / 4
  OH: u32,
  OW: u32,
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
  var sum = vec4f(0);
  for (var ky = 0u; ky < KH; ky++) {
    for (var kx = 0u; kx < KW; kx++) {
      sum += vec4f(x[((oy * KH + ky) * params.W + ox * KW + kx) * params.C4 + c4]);
    }
  }
  y[at] = vec4<yelem>(sum / f32(KH * KW));
}
