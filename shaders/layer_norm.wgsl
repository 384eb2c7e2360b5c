// y[r,:] = (x[r,:] - mean) / sqrt(var + EPS) · gamma + beta over C channels; statistics in f32, two passes.
// One workgroup a row. Includes may read x in another order, and add to what is normalised.
// Includes: norm_rows.wgsl, norm_store.wgsl
alias yelem = f32;
const WORKGROUP: u32 = 64;
struct Params {
  R: u32,  // rows
  C4: u32, // C / 4
  EPS: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> gamma: array<vec4f>; // [C/4]
@group(0) @binding(3) var<storage, read> beta: array<vec4f>; // [C/4]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<yelem>>; // [R, C/4]

var<workgroup> partial: array<f32, WORKGROUP>;

// Sum of one value of every invocation, in a fixed order.
fn total(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  partial[local] = value;
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (local < half) { partial[local] += partial[local + half]; }
  }
  workgroupBarrier();
  return partial[0];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = group.y * groups.x + group.x;
  let source = min(row, params.R - 1);
  let count = f32(params.C4 * 4);
  var sum = 0.0;
  for (var c = local; c < params.C4; c += WORKGROUP) { sum += dot(load(source, c), vec4f(1)); }
  let mean = total(sum, local) / count;
  var squares = 0.0;
  for (var c = local; c < params.C4; c += WORKGROUP) {
    let d = load(source, c) - mean;
    squares += dot(d, d);
  }
  let scale = inverseSqrt(total(squares, local) / count + params.EPS);
  if (row >= params.R) { return; }
  for (var c = local; c < params.C4; c += WORKGROUP) {
    let at = row * params.C4 + c;
    y[at] = vec4<yelem>(ended((load(row, c) - mean) * scale * gamma[c] + beta[c], at));
  }
}
