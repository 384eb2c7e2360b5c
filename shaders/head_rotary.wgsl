// y = qkv with the queries and keys of every head normalised over its channels, then turned by the place of their
// token: LayerNorm with EPS, then rotary embeddings in two dimensions, as in Depth Anything 3. Of a head's channels the
// first half turns with the row and the second with the column; channel j of a half is one pair with channel j + D4.
// Token 0 is at (0,0). The patches behind it, a grid [·,GW], are at (1,1) and STEP apart.
// qkv and y [T, 3, HEADS, 4·D4]; norm [4, 4·D4]: scale and shift of queries, then of keys; turns [places, 2, D4]:
// cosines and sines. Statistics in f32, two passes. One invocation takes one vector of one head.
alias xelem = f32;
alias yelem = f32;
const WORKGROUP: u32 = 64;
struct Params {
  VECTORS: u32, // T·3·HEADS
  HEADS: u32,
  D4: u32, // head size / 4, a multiple of 4
  GW: u32,
  STEP: u32,
  EPS: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read> norm: array<vec4f>;
@group(0) @binding(3) var<storage, read> turns: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<yelem>>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (id >= params.VECTORS) { return; }
  let first = id * params.D4;
  let part = id / params.HEADS % 3;
  if (part == 2) {
    for (var d = 0u; d < params.D4; d++) { y[first + d] = vec4<yelem>(qkv[first + d]); }
    return;
  }
  let count = f32(params.D4 * 4);
  var sum = 0.0;
  for (var d = 0u; d < params.D4; d++) { sum += dot(vec4f(qkv[first + d]), vec4f(1)); }
  let mean = sum / count;
  var squares = 0.0;
  for (var d = 0u; d < params.D4; d++) {
    let x = vec4f(qkv[first + d]) - mean;
    squares += dot(x, x);
  }
  let scale = inverseSqrt(squares / count + params.EPS);
  let token = id / (3 * params.HEADS);
  var at = vec2u(0);
  if (token > 0) { at = 1 + params.STEP * vec2u((token - 1) / params.GW, (token - 1) % params.GW); }
  let quarter = params.D4 / 4;
  let gamma = 2 * part * params.D4;
  let beta = gamma + params.D4;
  for (var i = 0u; i < 2 * quarter; i++) {
    let j = i % quarter;
    let a = i + i / quarter * quarter; // the half starts at 0 or at 2·quarter
    let b = a + quarter;
    let u = (vec4f(qkv[first + a]) - mean) * scale * norm[gamma + a] + norm[beta + a];
    let v = (vec4f(qkv[first + b]) - mean) * scale * norm[gamma + b] + norm[beta + b];
    let turn = at[i / quarter] * 2 * quarter + j;
    let cosine = turns[turn];
    let sine = turns[turn + quarter];
    y[first + a] = vec4<yelem>(u * cosine - v * sine);
    y[first + b] = vec4<yelem>(v * cosine + u * sine);
  }
}
