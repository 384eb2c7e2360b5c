// y[M,N] = store(x[M,K] · weight[K,N]); weight is the transpose of PyTorch's [N,K].
// Includes: gemm_load_rows.wgsl, store.wgsl, epilogue.wgsl, stored.wgsl
// One invocation computes ROWS rows × 4 columns in registers. The rows are the same for the whole workgroup: each of
// SHARE lanes loads one of them and hands it round the subgroup, so a row is read once a subgroup and not once an
// invocation. Edges: rows past M and columns past N are clamped on load and skipped on store.
enable subgroups;
alias welem = f32;
const ROWS: u32 = 16; // a multiple of SHARE
const SHARE: u32 = 8; // at most the size of a subgroup
const WORKGROUP: u32 = 32; // a multiple of SHARE

struct Params {
  M: u32,
  N4: u32, // N / 4
  K4: u32, // K / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<welem>>; // [K, N/4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let tiles_n = (params.N4 + WORKGROUP - 1) / WORKGROUP;
  let row0 = tile / tiles_n * ROWS;
  let col = tile % tiles_n * WORKGROUP + local;
  if (row0 >= params.M) { return; }
  var acc: array<vec4f, ROWS>;
  var w = min(col, params.N4 - 1);
  for (var k4 = 0u; k4 < params.K4; k4++) {
    let b0 = vec4f(weight[w]);
    let b1 = vec4f(weight[w + params.N4]);
    let b2 = vec4f(weight[w + 2 * params.N4]);
    let b3 = vec4f(weight[w + 3 * params.N4]);
    w += 4 * params.N4;
    for (var i0 = 0u; i0 < ROWS; i0 += SHARE) {
      let mine = load(start(min(row0 + i0 + lane % SHARE, params.M - 1)), k4);
      for (var i = 0u; i < SHARE; i++) {
        let a = subgroupShuffle(mine, i);
        acc[i0 + i] += a.x * b0 + a.y * b1 + a.z * b2 + a.w * b3;
      }
    }
  }
  // A loop that is not unrolled: some drivers take seconds to compile a store for every row.
  let end = min(row0 + ROWS, params.M);
  for (var row = row0; row < end; row++) {
    var sum = acc[0];
    for (var i = 1u; i < ROWS; i++) { sum = select(sum, acc[i], row - row0 == i); }
    if (col < params.N4) { store(row, col, sum); }
  }
}
