// y[P, HEADS, C + PLACES] of the pixels of a frame: for every pixel and head, shares = softmax_j(SCALE · (q·r_j +
// q[C + j])) of the frames j of a clip, and first Σ_j shares_j · r_j[C], then the shares. r is x at the place of the
// frame at hand, and elsewhere what x was of another frame. The projection of keys is in q, that of values is left to
// what reads y: so x is all that is kept of a frame.
// Includes: frames_past.wgsl, stored.wgsl
// One workgroup computes one pixel. SLICES invocations share the channels of four frames in turns, so that neighbours
// read vectors side by side and a vector of a row serves 16 products. Then an invocation takes a vector of channels of
// EACH heads, over all frames. More heads at once would not fit in the registers of Intel's GPUs.
alias xelem = f32;
alias yelem = f32;
const HEADS: u32 = 8;
const PLACES: u32 = 32;
const SLICES: u32 = 8;
const TURN: u32 = 4; // heads whose scores are summed at once
const EACH: u32 = 2; // a divisor of HEADS
const FOURS = PLACES / 4;
const WORKGROUP = SLICES * FOURS; // and HEADS · FOURS
const LOWEST: f32 = -3.4028234e38;
struct Params {
  P: u32,
  C4: u32,    // C / 4
  STEPS: u32, // FOURS again: a loop bound the compiler does not unroll
  SCALE: f32, // of the scores · log2(e)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<xelem>>; // [P, HEADS, (C + PLACES)/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [P, C/4]
@group(0) @binding(9) var<storage, read_write> y: array<vec4<yelem>>; // [P, HEADS, (C + PLACES)/4]

var<workgroup> sums: array<array<array<vec4f, FOURS>, HEADS>, SLICES>; // of channels: scores of four frames
var<workgroup> shares: array<array<vec4f, FOURS>, HEADS>;
var<workgroup> own_shares: array<f32, HEADS>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pixel = group.y * groups.x + group.x;
  if (pixel >= params.P) { return; }
  let count = others();
  let own = own_place();
  let own_at = pixel * params.C4;
  let width = params.C4 + FOURS; // of a head
  let heads_at = pixel * HEADS * width;
  let slice = local % SLICES;
  let first = local / SLICES * 4; // of four frames
  var at: array<u32, 4>;
  for (var i = 0u; i < 4; i++) { at[i] = (slot(first + i) * params.P + pixel) * params.C4; }
  for (var head0 = 0u; head0 < HEADS; head0 += TURN) {
    var part = array<vec4f, TURN>();
    for (var c4 = slice; c4 < params.C4; c4 += SLICES) {
      let mine = vec4f(x[own_at + c4]);
      let r0 = select(past_row(at[0] + c4), mine, first == own);
      let r1 = select(past_row(at[1] + c4), mine, first + 1 == own);
      let r2 = select(past_row(at[2] + c4), mine, first + 2 == own);
      let r3 = select(past_row(at[3] + c4), mine, first + 3 == own);
      for (var i = 0u; i < TURN; i++) {
        let wanted = vec4f(q[heads_at + (head0 + i) * width + c4]);
        part[i] += vec4f(r0.x, r1.x, r2.x, r3.x) * wanted.x;
        part[i] += vec4f(r0.y, r1.y, r2.y, r3.y) * wanted.y;
        part[i] += vec4f(r0.z, r1.z, r2.z, r3.z) * wanted.z;
        part[i] += vec4f(r0.w, r1.w, r2.w, r3.w) * wanted.w;
      }
    }
    for (var i = 0u; i < TURN; i++) { sums[slice][head0 + i][local / SLICES] = part[i]; }
  }
  workgroupBarrier();

  // From here an invocation has four frames of one head.
  let head = local / FOURS;
  let four = local % FOURS;
  let places = 4 * four + vec4u(0, 1, 2, 3);
  let shares_at = heads_at + head * width + params.C4 + four;
  var score = vec4f(q[shares_at]);
  for (var i = 0u; i < SLICES; i++) { score += sums[i][head][four]; }
  score = select(vec4f(LOWEST), score * params.SCALE, places <= vec4u(count));
  shares[head][four] = score;
  workgroupBarrier();
  var top = LOWEST;
  for (var i = 0u; i < FOURS; i++) {
    let all = shares[head][i];
    top = max(top, max(max(all.x, all.y), max(all.z, all.w)));
  }
  workgroupBarrier();
  var share = exp2(score - top);
  shares[head][four] = share;
  workgroupBarrier();
  var sum = vec4f(0);
  for (var i = 0u; i < FOURS; i++) { sum += shares[head][i]; }
  share /= sum.x + sum.y + sum.z + sum.w;
  y[shares_at] = stored(share);
  workgroupBarrier();
  shares[head][four] = select(share, vec4f(0), places == vec4u(own));
  if (four == own / 4) { own_shares[head] = share[own % 4]; }
  workgroupBarrier();

  // What no frame has is read of one that is there: its share is 0.
  let some = u32(own == 0);
  for (var item = local; item < params.C4 * (HEADS / EACH); item += WORKGROUP) {
    let c4 = item % params.C4;
    let head0 = item / params.C4 * EACH;
    let mine = vec4f(x[own_at + c4]);
    var out: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) { out[i] = own_shares[head0 + i] * mine; }
    if (count > 0) {
      for (var step = 0u; step < params.STEPS; step++) {
        var rows: array<vec4f, 4>;
        for (var i = 0u; i < 4; i++) {
          let j = step * 4 + i;
          let place = select(j, some, j == own || j > count);
          rows[i] = past_row((slot(place) * params.P + pixel) * params.C4 + c4);
        }
        for (var i = 0u; i < EACH; i++) {
          let factors = shares[head0 + i][step % FOURS];
          out[i] += factors.x * rows[0];
          out[i] += factors.y * rows[1];
          out[i] += factors.z * rows[2];
          out[i] += factors.w * rows[3];
        }
      }
    }
    for (var i = 0u; i < EACH; i++) { y[heads_at + (head0 + i) * width + c4] = stored(out[i]); }
  }
}
