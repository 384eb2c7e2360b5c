// y[M,N] = store(x[M,C] · weight[C/heads,N] of each head): a head's columns see its channels alone. For CPU adapters.
// Includes: store.wgsl, epilogue.wgsl, stored.wgsl
// A workgroup is one subgroup, on ROWS rows and 4 columns a lane, of one head, or of HEADS heads that have so few. The
// lanes load rows of theirs in turns and hand them round. What lies past M, and lanes without columns, store nothing.
enable subgroups;
alias xelem = f32;
alias welem = f32;
const LANES: u32 = 8;
const ROWS: u32 = 16;
const HEADS: u32 = 1; // of a workgroup: a power of two, up to LANES
const SHARE = LANES / HEADS; // rows that the lanes load at once
struct Params {
  M: u32,
  C4: u32,  // C / 4
  N4: u32,  // N / 4
  GC4: u32, // channels of a head / 4
  GN4: u32, // columns of a head / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [C/heads, N/4]
@group(0) @binding(2) var<storage, read> x: array<vec4<xelem>>; // [M, C/4]

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let blocks = select((params.GN4 + LANES - 1) / LANES, 1u, HEADS > 1);
  let tiles_n = params.C4 / params.GC4 / HEADS * blocks;
  let row0 = tile / tiles_n * ROWS;
  if (row0 >= params.M) { return; }
  let first = tile % tiles_n / blocks * HEADS;
  let mine = min(lane / params.GN4, HEADS - 1);
  let col = tile % blocks * LANES + lane - mine * params.GN4;
  let there = col < params.GN4;
  let n4 = (first + mine) * params.GN4 + min(col, params.GN4 - 1);
  let from = (first + lane % HEADS) * params.GC4;
  var acc: array<vec4f, ROWS>;
  for (var k4 = 0u; k4 < params.GC4; k4++) {
    let w = k4 * 4 * params.N4 + n4;
    let b0 = vec4f(weight[w]);
    let b1 = vec4f(weight[w + params.N4]);
    let b2 = vec4f(weight[w + 2 * params.N4]);
    let b3 = vec4f(weight[w + 3 * params.N4]);
    for (var i0 = 0u; i0 < ROWS; i0 += SHARE) {
      let own = vec4f(x[min(row0 + i0 + lane / HEADS, params.M - 1) * params.C4 + from + k4]);
      for (var i = 0u; i < SHARE; i++) {
        let a = subgroupShuffle(own, i * HEADS + mine);
        acc[i0 + i] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
      }
    }
  }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every row.
  let end = min(row0 + ROWS, params.M);
  for (var row = row0; row < end; row++) {
    var sum = acc[0];
    for (var i = 1u; i < ROWS; i++) { sum = select(sum, acc[i], row - row0 == i); }
    if (there) { store(row, n4, sum); }
  }
}
