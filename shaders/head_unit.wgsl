// y = qkv with the queries and keys of every head at unit length, and queries times the factor of their head: what
// cosine attention reads, arXiv 2111.09883. A length below 1e-12 counts as that, as published.
// qkv and y [T, 3, HEADS, 4·D4]; factor [HEADS]. One invocation takes one vector of one head.
alias xelem = f32;
alias yelem = f32;
const WORKGROUP: u32 = 64;
struct Params {
  VECTORS: u32, // T·3·HEADS
  HEADS: u32,
  D4: u32, // head size / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<yelem>>;

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
  var scale = 1.0;
  if (part < 2) {
    var squares = 0.0;
    for (var d = 0u; d < params.D4; d++) {
      let x = vec4f(qkv[first + d]);
      squares += dot(x, x);
    }
    scale = 1.0 / max(sqrt(squares), 1e-12);
  }
  if (part == 0) { scale *= factor[id % params.HEADS]; }
  for (var d = 0u; d < params.D4; d++) { y[first + d] = vec4<yelem>(vec4f(qkv[first + d]) * scale); }
}
