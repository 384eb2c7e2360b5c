// y[H,W,C]: x seen mirrored, moved or at another scale: its value at column AX·x + BX and row AY·y + BY, bilinear.
// Beyond its outermost pixels x goes on mirrored at them, once.
// One invocation computes one pixel.
const WORKGROUP: u32 = 64;
alias elem = vec4f; // of a picture; f32 of a map
struct Params {
  H: u32,
  W: u32,
  AX: f32,
  BX: f32,
  AY: f32,
  BY: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>; // [H, W]
@group(0) @binding(2) var<storage, read_write> y: array<elem>; // [H, W]

fn mirrored(at: f32, side: u32) -> f32 {
  let last = f32(side - 1);
  return clamp(last - abs(last - abs(at)), 0, last);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let row = mirrored(params.AY * f32(index / params.W) + params.BY, params.H);
  let column = mirrored(params.AX * f32(index % params.W) + params.BX, params.W);
  let top = u32(row) * params.W;
  let bottom = min(u32(row) + 1, params.H - 1) * params.W;
  let left = u32(column);
  let right = min(left + 1, params.W - 1);
  let upper = mix(x[top + left], x[top + right], elem(fract(column)));
  let lower = mix(x[bottom + left], x[bottom + right], elem(fract(column)));
  y[index] = mix(upper, lower, elem(fract(row)));
}
