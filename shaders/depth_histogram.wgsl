// histogram[GROUPS,BINS]: each workgroup's counts of the finite values of depth[N] in equal bins from the smallest to
// the largest.
// Includes: depth_normalize.wgsl
// Workgroup g takes elements g·WORKGROUP + local + k·GROUPS·WORKGROUP. Counts are whole numbers, so their order changes
// nothing.
const WORKGROUP: u32 = 128;
const BINS: u32 = 2048;
const LARGEST: f32 = 3.4028234e38;
struct Params {
  N: u32,
  GROUPS: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<u32>; // f32 bits
@group(0) @binding(2) var<storage, read> extent: array<vec4f>; // [GROUPS], from depth_extent.wgsl
@group(0) @binding(3) var<storage, read_write> histogram: array<u32>; // [GROUPS, BINS]

var<workgroup> bins: array<atomic<u32>, BINS>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = group.y * groups.x + group.x;
  if (id >= params.GROUPS) { return; }
  var low = LARGEST;
  var high = -LARGEST;
  for (var g = 0u; g < params.GROUPS; g++) {
    low = min(low, extent[g].x);
    high = max(high, extent[g].y);
  }
  for (var i = id * WORKGROUP + local; i < params.N; i += params.GROUPS * WORKGROUP) {
    if (!is_finite(depth[i])) { continue; }
    let t = normalize_depth(bitcast<f32>(depth[i]), low, high);
    atomicAdd(&bins[min(u32(t * f32(BINS)), BINS - 1)], 1u);
  }
  workgroupBarrier();
  for (var b = local; b < BINS; b += WORKGROUP) { histogram[id * BINS + b] = atomicLoad(&bins[b]); }
}
