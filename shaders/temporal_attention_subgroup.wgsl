// y[P, HEADS, C + PLACES], as temporal_attention.wgsl has it.
// Includes: frames_past.wgsl, stored.wgsl
// The lanes of a subgroup take the heads of one pixel: each loads some of the rows and hands them round, so that a row
// is read once for all heads. Then each takes some of the channels, and the shares are handed round.
enable subgroups;
alias xelem = f32;
alias yelem = f32;
const HEADS: u32 = 8; // and lanes
const PLACES: u32 = 32;
const EACH = PLACES / HEADS; // rows that a lane loads
struct Params {
  P: u32,
  C4: u32,    // C / 4
  SCALE: f32, // of the scores · log2(e)
  STEPS: u32, // EACH and HEADS again: loop bounds the compiler does not unroll
  LOOP: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<xelem>>; // [P, HEADS, (C + PLACES)/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [P, C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [P, HEADS, (C + PLACES)/4]

@compute @workgroup_size(HEADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let pixel = group.y * groups.x + group.x;
  if (pixel >= params.P) { return; }
  let count = others();
  let own_at = pixel * params.C4;
  let head_at = (pixel * HEADS + lane) * (params.C4 + PLACES / 4);
  // What no frame has is read of one that is there: its share is 0.
  let some = u32(own_place() == 0);
  var at: array<u32, EACH>;
  for (var i = 0u; i < EACH; i++) {
    let j = i * HEADS + lane;
    at[i] = (slot(select(j, some, j == own_place() || j > count)) * params.P + pixel) * params.C4;
  }
  var shares: array<vec4f, PLACES / 4>;
  for (var i = 0u; i < PLACES / 4; i++) { shares[i] = vec4f(q[head_at + params.C4 + i]); }
  for (var c4 = 0u; c4 < params.C4; c4++) {
    let wanted = vec4f(q[head_at + c4]);
    let own = vec4f(x[own_at + c4]);
    for (var i = 0u; i < EACH; i++) {
      let row = select(past_row(at[i] + c4), own, i * HEADS + lane == own_place());
      for (var j = 0u; j < HEADS; j++) {
        shares[(i * HEADS + j) / 4][j % 4] += dot(wanted, subgroupShuffle(row, j));
      }
    }
  }
  var top = -3.4028234e38;
  for (var i = 0u; i < PLACES / 4; i++) {
    let there = i * 4 + vec4u(0, 1, 2, 3) <= vec4u(count);
    shares[i] = select(vec4f(-3.4028234e38), shares[i] * params.SCALE, there);
    top = max(top, max(max(shares[i].x, shares[i].y), max(shares[i].z, shares[i].w)));
  }
  var sum = 0.0;
  for (var i = 0u; i < PLACES / 4; i++) {
    shares[i] = exp2(shares[i] - top);
    sum += dot(shares[i], vec4f(1));
  }
  var own_share = 0.0;
  for (var i = 0u; i < PLACES / 4; i++) {
    shares[i] /= sum;
    y[head_at + params.C4 + i] = stored(shares[i]);
    let mine = i * 4 + vec4u(0, 1, 2, 3) == vec4u(own_place());
    own_share += dot(select(vec4f(0), shares[i], mine), vec4f(1));
    shares[i] = select(shares[i], vec4f(0), mine);
  }
  for (var first = 0u; first < params.C4; first += HEADS) {
    let c4 = min(first + lane, params.C4 - 1);
    let own = vec4f(x[own_at + c4]);
    var out: array<vec4f, HEADS>;
    for (var head = 0u; head < HEADS; head++) { out[head] = subgroupShuffle(own_share, head) * own; }
    for (var step = 0u; step < params.STEPS; step++) {
      if (count == 0 || step * HEADS > count) { break; }
      let base = at[step];
      let low = shares[2 * step];
      let high = shares[2 * step + 1];
      for (var j = 0u; j < HEADS; j++) {
        let row = past_row(subgroupShuffle(base, j) + c4);
        let share = select(low, high, j >= 4)[j % 4];
        for (var head = 0u; head < HEADS; head++) { out[head] += subgroupShuffle(share, head) * row; }
      }
    }
    // A loop that is not unrolled: some drivers take seconds to compile a store for every head.
    for (var head = 0u; head < params.LOOP; head++) {
      var value = out[0];
      for (var i = 1u; i < HEADS; i++) { value = select(value, out[i], i == head); }
      if (first + lane < params.C4) { y[(pixel * HEADS + head) * (params.C4 + PLACES / 4) + c4] = stored(value); }
    }
  }
}
