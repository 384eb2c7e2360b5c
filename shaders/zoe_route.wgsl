// depth = indoor where the first of two logits is the larger one, else outdoor.
const WORKGROUP: u32 = 64;
struct Params { SIZE: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>; // the first two count
@group(0) @binding(2) var<storage, read> indoor: array<f32>; // [SIZE]
@group(0) @binding(3) var<storage, read> outdoor: array<f32>; // [SIZE]
@group(0) @binding(4) var<storage, read_write> depth: array<f32>; // [SIZE]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (at >= params.SIZE) { return; }
  depth[at] = select(outdoor[at], indoor[at], logits[0] >= logits[1]);
}
