// live[H, W] of a map: its values, taken to what the first scene spans, at the nearest pixels of a smaller grid.
const WORKGROUP: u32 = 64;
struct Params {
  size: vec2u, // W, H
  own: vec2u, // of the map
  low: f32, // value that becomes 0
  scale: f32, // units of the result a unit of the map
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> map: array<f32>;
@group(0) @binding(2) var<storage, read_write> live: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.size.x * params.size.y) { return; }
  let at = vec2u(index % params.size.x, index / params.size.x);
  let place = min(vec2u((vec2f(at) + 0.5) * vec2f(params.own) / vec2f(params.size)), params.own - 1);
  live[index] = (map[place.y * params.own.x + place.x] - params.low) * params.scale;
}
