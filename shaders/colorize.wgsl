// colors[H,W] = lut[⌊255·(depth - low)/(high - low)⌋]: a depth map drawn with a colour map.
// Includes: depth_normalize.wgsl, colorize_store_texture.wgsl
// The index is cut off, not rounded, as MiDaS and Depth Anything do in their casts to 8 bits; values outside the range
// take the end colours. Values that are not finite are transparent black. One invocation colours one pixel.
const WORKGROUP: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  AT: u32, // where in range[] low and high stand
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // [H, W], f32 bits
@group(0) @binding(2) var<storage, read> range: array<f32>; // [8]
@group(0) @binding(3) var<storage, read> lut: array<vec4f>; // [256], 0…1

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index >= params.H * params.W) { return; }
  if (!is_finite(depth[index])) {
    store(index, vec4f(0));
    return;
  }
  let value = bitcast<f32>(depth[index]);
  let low = range[params.AT];
  let high = range[params.AT + 1];
  let entry = u32(255 * normalize_depth(value, low, high));
  store(index, lut[select(entry, 255u, value >= high && high > low)]); // 255·(x/x) may fall short of 255
}
