// Include. Of gemm, conv2d, separable and depthwise, for GPUs: SPLIT invocations share the sums of a tile, where few
// tiles would leave a GPU idle; one where there are many. The including file has SUMS, COLS, SPLIT and WORKGROUP, the
// tiles of a workgroup.
const ENDS: u32 = 4; // invocations of a tile that store, each every ENDS-th row of COLS sums; SPLIT at most
var<workgroup> shared_sums: array<array<vec4f, WORKGROUP * SPLIT>, ENDS>;

fn part_of(local: u32) -> u32 { return local / WORKGROUP; }

// A chain: four instructions, where a sum of four products takes five. A part of a sum is short.
fn added(sum: vec4f, a: vec4f, b0: vec4f, b1: vec4f, b2: vec4f, b3: vec4f) -> vec4f {
  return sum + a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
}

// Adds up, in a fixed order, what the invocations of a tile have summed. True for those that store: acc then begins
// with their rows.
fn gathered(acc: ptr<function, array<vec4f, SUMS>>, local: u32) -> bool {
  if (SPLIT == 1) { return true; }
  let end = part_of(local);
  for (var i = 0u; i < SUMS / ENDS; i++) {
    let first = i / COLS * COLS * ENDS + i % COLS;
    for (var e = 0u; e < ENDS; e++) { shared_sums[e][local] = acc[first + e * COLS]; }
    workgroupBarrier();
    if (end < ENDS) {
      var sum = vec4f(0);
      for (var part = 0u; part < SPLIT; part++) { sum += shared_sums[end][local % WORKGROUP + part * WORKGROUP]; }
      acc[i] = sum;
    }
    workgroupBarrier();
  }
  return end < ENDS;
}
