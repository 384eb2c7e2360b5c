// y[H,W]: the last map, as it would be seen now, moved towards the new one laid onto it: wholly where luma changes or
// nothing was seen, and elsewhere by the part fit[11]. The new map as it is where fit[8] says that it is the first.
// Includes: steady_flow.wgsl, steady_moved.wgsl
// One invocation computes one value.
const WORKGROUP: u32 = 64;
const GRID: u32 = 8;
const SIGMA: f32 = 0.04; // of the change of luma
struct Params {
  H: u32,
  W: u32,
  LH: u32,
  LW: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> luma: array<f32>; // [LH, LW]
@group(0) @binding(3) var<storage, read> last: array<f32>; // [H, W]
@group(0) @binding(4) var<storage, read> last_luma: array<f32>; // [LH, LW]
@group(0) @binding(5) var<storage, read> fit: array<f32>; // [80], from steady_fit.wgsl
@group(0) @binding(6) var<storage, read> motion: array<f32>; // [12], from steady_motion.wgsl
@group(0) @binding(7) var<storage, read_write> y: array<f32>; // [H, W]

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

// What is added to the new map, between the middles of the regions.
fn field_at(row: u32, column: u32) -> f32 {
  let share = (vec2f(f32(row), f32(column)) + 0.5) / vec2f(f32(params.H), f32(params.W));
  let place = clamp(share * f32(GRID) - 0.5, vec2f(0), vec2f(f32(GRID) - 1));
  let first = min(vec2u(place), vec2u(GRID - 2));
  let t = place - vec2f(first);
  let i = 16 + first.x * GRID + first.y;
  return mix(mix(fit[i], fit[i + 1], t.y), mix(fit[i + GRID], fit[i + GRID + 1], t.y), t.x);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  let value = depth[index];
  if (fit[8] < 2 || !finite(value)) {
    y[index] = value;
    return;
  }
  let laid = fit[9] * value + fit[10] + field_at(index / params.W, index % params.W);
  let moved = moved_at(index / params.W, index % params.W, value);
  let part = 1 - (1 - fit[11]) * exp(-moved.change * moved.change / (2 * SIGMA * SIGMA));
  let held = moved.held;
  y[index] = select(laid, held + part * (laid - held), finite(held) && moved.inside);
}
