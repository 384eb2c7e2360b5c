// copy[N] = source[N] in words of 32 bits, within a compute pass, where no copy of buffers can be recorded.
// N is that of what is bound. One invocation copies one word.
const WORKGROUP: u32 = 64;
@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read_write> copy: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (index < arrayLength(&source)) { copy[index] = source[index]; }
}
