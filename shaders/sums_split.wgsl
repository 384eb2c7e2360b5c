// Include. Of gemm and conv2d, for GPUs that few tiles would leave idle: SPLIT invocations share the sums of a tile.
// The including file has SUMS, SPLIT and WORKGROUP, the tiles of a workgroup. An invocation takes 16 bytes of
// workgroup memory.
var<workgroup> shared_sums: array<vec4f, WORKGROUP * SPLIT>;

// Adds up, in a fixed order, what the invocations of a tile have summed. True for the one that has it all then.
fn gathered(acc: ptr<function, array<vec4f, SUMS>>, local: u32) -> bool {
  for (var i = 0u; i < SUMS; i++) {
    shared_sums[local] = acc[i];
    workgroupBarrier();
    if (local < WORKGROUP) {
      for (var part = 1u; part < SPLIT; part++) { acc[i] += shared_sums[local + part * WORKGROUP]; }
    }
    workgroupBarrier();
  }
  return local < WORKGROUP;
}
