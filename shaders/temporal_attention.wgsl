// y[P, HEADS, C + PLACES] of the pixels of a frame: for every pixel and head, shares = softmax_j(SCALE · (q·r_j +
// q[C + j])) of the frames j of a clip, and first Σ_j shares_j · r_j[C], then the shares. r is x at the place of the
// frame at hand, and elsewhere what x was of another frame. The projection of keys is in q, that of values is left to
// what reads y: so x is all that is kept of a frame.
// Includes: frames_past.wgsl, stored.wgsl
// One invocation computes one head of a pixel; neighbours take heads of one pixel, and read the same rows. No workgroup
// memory.
alias xelem = f32;
alias yelem = f32;
const HEADS: u32 = 8;
const PLACES: u32 = 32;
const STEP: u32 = 4; // frames at once
const WORKGROUP: u32 = 64;
struct Params {
  P: u32,
  C4: u32,    // C / 4
  STEPS: u32, // PLACES / STEP: a loop bound the compiler does not unroll
  SCALE: f32, // of the scores · log2(e)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<xelem>>; // [P, HEADS, (C + PLACES)/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [P, C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [P, HEADS, (C + PLACES)/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = (group.y * groups.x + group.x) * WORKGROUP + local;
  let pixel = id / HEADS;
  if (pixel >= params.P) { return; }
  let count = others();
  let head_at = id * (params.C4 + PLACES / 4);
  let own_at = pixel * params.C4;
  var shares: array<vec4f, PLACES / 4>;
  var top = -3.4028234e38;
  for (var step = 0u; step < params.STEPS; step++) {
    var at: array<u32, STEP>;
    for (var i = 0u; i < STEP; i++) { at[i] = (slot(step * STEP + i) * params.P + pixel) * params.C4; }
    var scores = vec4f(q[head_at + params.C4 + step]);
    for (var c4 = 0u; c4 < params.C4; c4++) {
      let wanted = vec4f(q[head_at + c4]);
      let own = vec4f(x[own_at + c4]);
      for (var i = 0u; i < STEP; i++) {
        scores[i] += dot(wanted, select(past_row(at[i] + c4), own, step * STEP + i == own_place()));
      }
    }
    let there = step * STEP + vec4u(0, 1, 2, 3) <= vec4u(count);
    scores = select(vec4f(-3.4028234e38), scores * params.SCALE, there);
    shares[step] = scores;
    top = max(top, max(max(scores.x, scores.y), max(scores.z, scores.w)));
  }
  var sum = 0.0;
  for (var step = 0u; step < params.STEPS; step++) {
    shares[step] = exp2(shares[step] - top);
    sum += dot(shares[step], vec4f(1));
  }
  for (var step = 0u; step < params.STEPS; step++) {
    shares[step] /= sum;
    y[head_at + params.C4 + step] = stored(shares[step]);
  }
  for (var c4 = 0u; c4 < params.C4; c4++) {
    var out = vec4f(0);
    for (var step = 0u; step * STEP <= count; step++) {
      for (var i = 0u; i < STEP; i++) {
        let j = step * STEP + i;
        let row = past_row((slot(j) * params.P + pixel) * params.C4 + c4);
        out += shares[step][i] * select(row, vec4f(0), j == own_place() || j > count);
      }
    }
    out += shares[own_place() / STEP][own_place() % STEP] * vec4f(x[own_at + c4]);
    y[head_at + c4] = stored(out);
  }
}
