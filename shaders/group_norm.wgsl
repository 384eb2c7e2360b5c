// y = act(added + (x - mean) / sqrt(var + EPS) · gamma + beta) on a map, with the mean and variance of each group of
// neighbouring channels over all pixels; statistics in f32, two passes.
// Includes: added_nothing.wgsl, epilogue.wgsl, stored.wgsl
// One workgroup takes the groups of a column of vectors: one group of many channels, or those that share a vector.
alias xelem = f32;
const SHARE: u32 = 4; // channels of a vector that are of one group: 1, 2 or 4
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

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let column = (group.y * groups.x + group.x) * params.WIDTH4;
  let first = min(column, params.C4 - params.WIDTH4);
  let size = params.PIXELS * params.WIDTH4;
  var sum = vec4f(0);
  for (var i = local; i < size; i += WORKGROUP) {
    sum += vec4f(x[i / params.WIDTH4 * params.C4 + first + i % params.WIDTH4]);
  }
  let mean = total(sum, local) / params.COUNT;
  var squares = vec4f(0);
  for (var i = local; i < size; i += WORKGROUP) {
    let d = vec4f(x[i / params.WIDTH4 * params.C4 + first + i % params.WIDTH4]) - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(total(squares, local) / params.COUNT + params.EPS);
  if (column >= params.C4) { return; }
  for (var i = local; i < size; i += WORKGROUP) {
    let c4 = first + i % params.WIDTH4;
    let at = i / params.WIDTH4 * params.C4 + c4;
    y[at] = stored(activate(added(at) + (vec4f(x[at]) - mean) * scale * gamma[c4] + beta[c4]));
  }
}
