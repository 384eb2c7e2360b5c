// fit[4]: scale and shift that lay another estimate onto a depth map, by least squares on at most 64×64 of their
// pixels that both show, and standard deviation and least value of the depth there. Pixels that are not finite do not
// count.
// One workgroup; its sums are the same in every invocation.
const WORKGROUP: u32 = 128;
const SIDE: u32 = 64; // samples along a side, at most
const LARGEST: f32 = 3.4028234e38;
struct Params {
  W: u32,
  TOP: u32, // of what both show, and left column, rows and columns
  LEFT: u32,
  ROWS: u32,
  COLUMNS: u32,
  SHIFT: u32, // 1 where a shift is fitted beside the scale
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> other: array<f32>; // [H, W]
@group(0) @binding(3) var<storage, read_write> fit: array<f32>; // [4]

var<workgroup> partial: array<vec4f, WORKGROUP>;

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (any(group != vec3u(0))) { return; }
  let grid = min(vec2u(params.COLUMNS, params.ROWS), vec2u(SIDE));
  let count = grid.x * grid.y;
  var mean = vec3f(0); // of other and depth; count
  var least = LARGEST;
  var moments = vec4f(0); // Σ other², Σ other · depth, less their means where a shift is fitted; Σ (depth - mean)²
  // First sums, then products. One loop, as compilers copy what stands twice.
  for (var step = 0u; step < 2; step++) {
    var sum = vec4f(0);
    let origin = select(vec2f(0), mean.xy, params.SHIFT == 1);
    for (var i = local; i < count; i += WORKGROUP) {
      let column = params.LEFT + (2 * (i % grid.x) + 1) * params.COLUMNS / (2 * grid.x);
      let row = params.TOP + (2 * (i / grid.x) + 1) * params.ROWS / (2 * grid.y);
      let a = other[row * params.W + column];
      let b = depth[row * params.W + column];
      if (!finite(a) || !finite(b)) { continue; }
      least = min(least, b);
      let off = vec2f(a, b) - origin;
      let products = vec4f(off.x * off.x, off.x * off.y, (b - mean.y) * (b - mean.y), 0);
      sum += select(products, vec4f(a, b, 1, 0), step == 0);
    }
    workgroupBarrier();
    partial[local] = vec4f(sum.xyz, least);
    workgroupBarrier();
    for (var half = WORKGROUP / 2; half > 0; half /= 2) {
      if (local < half) {
        let far = partial[local + half];
        partial[local] = vec4f(partial[local].xyz + far.xyz, min(partial[local].w, far.w));
      }
      workgroupBarrier();
    }
    let total = partial[0];
    if (step == 0) { mean = vec3f(total.xy / max(total.z, 1), total.z); }
    moments = total;
  }
  if (local > 0) { return; }
  let scale = select(1.0, moments.y / moments.x, moments.x > 0);
  fit[0] = scale;
  fit[1] = select(0.0, mean.y - scale * mean.x, params.SHIFT == 1);
  fit[2] = sqrt(moments.z / max(mean.z, 1));
  fit[3] = select(0.0, moments.w, mean.z > 0);
}
