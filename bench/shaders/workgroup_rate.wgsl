// Workgroup-memory ceiling: every invocation reads 4 vec4s an iteration from a tile of 4 KB, neighbours on neighbouring
// vec4s.
const WORKGROUP: u32 = 64;
const TILE: u32 = 256;

struct Params {
  ITERATIONS: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>; // [TILE]
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

var<workgroup> tile: array<vec4f, TILE>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  for (var i = local; i < TILE; i += WORKGROUP) { tile[i] = x[i]; }
  workgroupBarrier();
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var at = local;
  for (var i = 0u; i < params.ITERATIONS; i++) {
    s0 += tile[at & (TILE - 1)];
    s1 += tile[(at + 64) & (TILE - 1)];
    s2 += tile[(at + 128) & (TILE - 1)];
    s3 += tile[(at + 192) & (TILE - 1)];
    at += 1;
  }
  y[id.x] = s0 + s1 + s2 + s3;
}
