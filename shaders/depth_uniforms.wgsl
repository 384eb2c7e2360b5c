// uniforms[8] = min, max, low, high, scale, offset, kind, count of values that are not finite: what a shader of a host
// takes beside a map. nearness = scale · value + offset, held to 0…1, is 0 at the far end of min…max and 1 at the near
// one; a flat range has nearness 0, or 1 where nearer values are smaller. One invocation.
const KIND: f32 = 0; // 0 relative inverse, 1 relative, 2 metres
const LARGER: bool = true; // whether nearer things have the larger values
@group(0) @binding(0) var<storage, read> range: array<f32>; // [8], from depth_range.wgsl
@group(0) @binding(1) var<storage, read_write> uniforms: array<f32>; // [8]

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  if (any(group != vec3u(0))) { return; }
  let low = range[0];
  let high = range[1];
  var scale = 0f;
  if (high > low) { scale = 1 / (high - low); }
  for (var i = 0; i < 4; i++) { uniforms[i] = range[i]; }
  uniforms[4] = select(-scale, scale, LARGER);
  var offset = -scale * low;
  if (!LARGER) { offset = select(1, scale * high, high > low); }
  uniforms[5] = offset;
  uniforms[6] = KIND;
  uniforms[7] = range[4];
}
