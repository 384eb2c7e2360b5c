// Include. Store of gemm: transposed convolution whose kernel size is its stride S.
// x[H·W,C] -> y[H·S, W·S, N]: GEMM column ((dy·S + dx)·N + n) of pixel (i, j) is channel n of pixel (i·S + dy, j·S +
// dx).
struct Shuffle {
  W: u32,  // input width
  S: u32,  // stride
  Y4: u32, // output channels / 4
}
@group(0) @binding(4) var<uniform> shuffle: Shuffle;
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [H·S, W·S, C/4]

fn store(row: u32, n4: u32, acc: vec4f) {
  let c4 = n4 % shuffle.Y4;
  let phase = n4 / shuffle.Y4;
  let oy = row / shuffle.W * shuffle.S + phase / shuffle.S;
  let ox = row % shuffle.W * shuffle.S + phase % shuffle.S;
  y[(oy * shuffle.W * shuffle.S + ox) * shuffle.Y4 + c4] = stored(activate(acc + bias[c4]));
}
