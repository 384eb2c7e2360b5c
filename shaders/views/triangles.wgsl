// indices[(GH-1)·(GW-1)·6]: two triangles for each four neighbours of a grid of points, counter-clockwise from the
// front.
// Includes: steps.wgsl
// (top left, bottom left, top right) and (bottom right, top right, bottom left). A triangle with a step between two of
// its corners, or a corner that is left out or infinitely far, has one point three times, and covers nothing.
const WORKGROUP: u32 = 64;
struct Params {
  GH: u32,
  GW: u32,
  LEAST: f32,
  RATIO: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> positions: array<f32>; // [GH, GW, 3]
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;

fn inverse_at(point: u32) -> f32 {
  let z = -positions[3 * point + 2];
  return select(-1.0, 1 / z, z > 0);
}

fn put(to: u32, a: u32, b: u32, c: u32) {
  let wa = inverse_at(a);
  let wb = inverse_at(b);
  let wc = inverse_at(c);
  let far = min(min(wa, wb), wc);
  let near = max(max(wa, wb), wc);
  let whole = far > 0 && !is_step(far, near, params.LEAST, params.RATIO);
  indices[to] = a;
  indices[to + 1] = select(a, b, whole);
  indices[to + 2] = select(a, c, whole);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  let columns = params.GW - 1;
  if (index >= (params.GH - 1) * columns) { return; }
  let a = index / columns * params.GW + index % columns;
  let b = a + params.GW;
  put(6 * index, a, b, a + 1);
  put(6 * index + 3, b + 1, a + 1, b);
}
