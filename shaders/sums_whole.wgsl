// Include. Of gemm and conv2d: an invocation adds up all of its sums. The including file has SUMS.
fn gathered(acc: ptr<function, array<vec4f, SUMS>>, local: u32) -> bool { return true; }
