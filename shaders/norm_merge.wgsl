// Include. Loader of layer_norm: a row is 2 × 2 neighbours of the map x[2·MH, 2·MW, N4], C4 = 4·N4: the upper left, the
// one below it, the upper right, the lower right. Patch merging of arXiv 2103.14030.
alias xelem = f32;
struct Merge {
  MW: u32, // columns of merged neighbours
  N4: u32, // channels of the map / 4
}
@group(0) @binding(1) var<storage, read> x: array<vec4<xelem>>;
@group(0) @binding(6) var<uniform> merge: Merge;

fn load(row: u32, c: u32) -> vec4f {
  let neighbour = c / merge.N4;
  let y = row / merge.MW * 2 + neighbour % 2;
  let x0 = row % merge.MW * 2 + neighbour / 2;
  return vec4f(x[(y * 2 * merge.MW + x0) * merge.N4 + c % merge.N4]);
}
