// y = act(added + (x - mean) / sqrt(var + EPS) · gamma + beta) on a map, with the mean and variance of each group of
// neighbouring channels over all pixels; statistics in f32, two passes.
// Includes: added_nothing.wgsl, epilogue.wgsl, stored.wgsl
// One workgroup takes the groups of some columns of vectors: one group of many channels, or those that share a vector.
// Two groups of an odd number of channel pairs share the vector in the middle of theirs: 6 channels each are three
// vectors.
alias xelem = f32;
const SHARE: u32 = 4; // channels of a shared vector that are of one group: 1, 2 or 4
const WORKGROUP: u32 = 128;
struct Params {
  PIXELS: u32, // H·W
  C4: u32,     // C / 4
  WIDTH4: u32, // vectors of a pixel that a workgroup takes
  COUNT: f32,  // values of a group
  EPS: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<xelem>>; // [H·W, C/4]
@group(0) @binding(2) var<storage, read> gamma: array<vec4f>; // [C/4]
@group(0) @binding(3) var<storage, read> beta: array<vec4f>; // [C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [H·W, C/4]

var<workgroup> partial: array<vec4f, WORKGROUP>;

// Sum of one vector of every invocation, in a fixed order; in each place that of its group.
fn total(value: vec4f, local: u32) -> vec4f {
  workgroupBarrier();
  partial[local] = value;
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  let sum = partial[0];
  switch SHARE {
    case 1: { return sum; }
    case 2: { return sum + sum.yxwz; }
    default: { return vec4f(dot(sum, vec4f(1))); }
  }
}

// A vector of one of two groups as pairs of theirs, those of the other group zero; a shared one as it is.
fn paired(value: vec4f, column: u32) -> vec4f {
  if (SHARE != 2 || column == params.WIDTH4 / 2) { return value; }
  let pair = value.xy + value.zw;
  return select(vec4f(0, 0, pair), vec4f(pair, 0, 0), column < params.WIDTH4 / 2);
}

// What `total` gave, for the channels of a column.
fn spread(sum: vec4f, column: u32) -> vec4f {
  if (SHARE != 2 || column == params.WIDTH4 / 2) { return sum; }
  return select(sum.zzzz, sum.xxxx, column < params.WIDTH4 / 2);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let start = (group.y * groups.x + group.x) * params.WIDTH4;
  let first = min(start, params.C4 - params.WIDTH4);
  let size = params.PIXELS * params.WIDTH4;
  var sum = vec4f(0);
  for (var i = local; i < size; i += WORKGROUP) {
    let column = i % params.WIDTH4;
    sum += paired(vec4f(x[i / params.WIDTH4 * params.C4 + first + column]), column);
  }
  let mean = total(sum, local) / params.COUNT;
  var squares = vec4f(0);
  for (var i = local; i < size; i += WORKGROUP) {
    let column = i % params.WIDTH4;
    let d = vec4f(x[i / params.WIDTH4 * params.C4 + first + column]) - spread(mean, column);
    squares += paired(d * d, column);
  }
  let scale = inverseSqrt(total(squares, local) / params.COUNT + params.EPS);
  if (start >= params.C4) { return; }
  for (var i = local; i < size; i += WORKGROUP) {
    let column = i % params.WIDTH4;
    let c4 = first + column;
    let at = i / params.WIDTH4 * params.C4 + c4;
    let normal = (vec4f(x[at]) - spread(mean, column)) * spread(scale, column);
    y[at] = stored(activate(added(at) + normal * gamma[c4] + beta[c4]));
  }
}
