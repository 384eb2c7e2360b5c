// extent[GROUPS]: smallest and largest finite value of depth[N] seen by each workgroup, and how many are not finite.
// Workgroup g takes elements g·WORKGROUP + local + k·GROUPS·WORKGROUP. One that sees no finite value leaves LARGEST,
// -LARGEST.
// Includes: depth_normalize.wgsl
// Depth is read as bits: WGSL lets compilers assume that floats are never NaN, so `x != x` finds nothing.
const WORKGROUP: u32 = 128;
const LARGEST: f32 = 3.4028234e38;
struct Params {
  N: u32,
  GROUPS: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // f32 bits
@group(0) @binding(2) var<storage, read_write> extent: array<vec4f>; // min, max, count of values that are not finite, 0

var<workgroup> partial: array<vec4f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = group.y * groups.x + group.x;
  if (id >= params.GROUPS) { return; }
  var seen = vec4f(LARGEST, -LARGEST, 0, 0);
  for (var i = id * WORKGROUP + local; i < params.N; i += params.GROUPS * WORKGROUP) {
    if (is_finite(depth[i])) {
      let value = bitcast<f32>(depth[i]);
      seen = vec4f(min(seen.x, value), max(seen.y, value), seen.z, 0);
    } else {
      seen.z += 1;
    }
  }
  partial[local] = seen;
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (local < half) {
      let a = partial[local];
      let b = partial[local + half];
      partial[local] = vec4f(min(a.x, b.x), max(a.y, b.y), a.z + b.z, 0);
    }
    workgroupBarrier();
  }
  if (local == 0) { extent[id] = partial[0]; }
}
