// Include. Of gemm, conv2d, depthwise and separable: an invocation adds up all of its sums. The including file has
// SUMS.
const ENDS: u32 = 1;

fn part_of(local: u32) -> u32 { return 0; }

// Four products at once: in a chain the errors of long sums would be twice as large.
fn added(sum: vec4f, a: vec4f, b0: vec4f, b1: vec4f, b2: vec4f, b3: vec4f) -> vec4f {
  return sum + (a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3);
}

fn gathered(acc: ptr<function, array<vec4f, SUMS>>, local: u32) -> bool { return true; }
