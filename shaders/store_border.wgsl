// Include. Store of conv2d: y = act(acc + bias), where the pixels at the border of the map have biases of their own:
// bias[3·i + j] with i = 0 in the first row, 2 in the last and 1 between, and j likewise along the row.
@group(0) @binding(5) var<storage, read> bias: array<vec4f>; // [9, N/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [OH·OW, N/4]

fn side(i: u32, size: u32) -> u32 {
  return select(select(1u, 2u, i + 1 == size), 0u, i == 0);
}

fn store(row: u32, n4: u32, acc: vec4f) {
  let place = 3 * side(row / params.OW, params.OH) + side(row % params.OW, params.OW);
  y[row * params.N4 + n4] = stored(activate(acc + bias[place * params.N4 + n4]));
}
