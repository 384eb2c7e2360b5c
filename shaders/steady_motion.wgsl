// motion[12]: how the camera moved since the last map, found on at most 64×64 pixels of both pictures by steps of
// Gauss and Newton on luma, with the new map for the depth of a scene that stands.
// Includes: steady_flow.wgsl
//   0…5   turn and shift by which pixels go back to the last picture: see steady_flow.wgsl
//   6, 7  scale and shift that make disparity of the new map's values: 1 is the range of the last maps
//   8, 9  and of the last map's
//   10    share of regions in which something moves
//   11    1 where the camera moves, else 0, and then 0…5 are 0
// One workgroup.
const WORKGROUP: u32 = 128;
const GRID: u32 = 8;
const SIDE: u32 = 64; // samples along a side, at most
const EACH = SIDE * SIDE / WORKGROUP; // samples of an invocation
const MOVES: f32 = 0.02; // change of luma that a pixel counts as moving from
const REGION: f32 = 0.05; // share of moving pixels above which a region moves
const FEW: f32 = 0.1; // share of moving regions up to which the camera stands
// Disparity of the range's lower end: networks say 0 of the sky, and where they say more, as in rooms, there is none.
const SKY: f32 = 0.05;
const NO_SKY: f32 = 0.5;
const ABOVE_SKY: f32 = 0.03; // lower end, in ranges, from which there is no sky
const WIDE: u32 = 3; // steps with slopes over four pixels, which see farther than those over two
const ROBUST: f32 = 1.5; // times the mean residual, at which a pixel counts half
const LEAST_RESIDUAL: f32 = 1e-3;
const DAMPING: f32 = 0.01;
const SLOTS: u32 = 64;
struct Params {
  H: u32,
  W: u32,
  LH: u32,
  LW: u32,
  STEPS: u32, // 0 where the map is none of inverse depth
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> luma: array<f32>; // [LH, LW]
@group(0) @binding(3) var<storage, read> last_luma: array<f32>; // [LH, LW]
@group(0) @binding(4) var<storage, read> last_fit: array<f32>; // [80], from steady_fit.wgsl
@group(0) @binding(5) var<storage, read_write> motion: array<f32>; // [12]

// Of a step: the upper triangle of the 6×6 equations, their right side, the sum of residuals, and how many there are.
var<workgroup> slots: array<vec4f, 512>; // 8 of a slot
var<workgroup> sums: array<f32, 32>;
var<workgroup> turn: vec3f;
var<workgroup> shift: vec3f;
var<workgroup> residual: f32;
// Of each sample: luma and its slopes, which change where steps begin to see less far.
var<private> lights: array<vec3f, EACH>;

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn samples() -> vec2u { return min(vec2u(params.W, params.H), vec2u(SIDE)); }

// Column and row of a sample.
fn pixel(i: u32) -> vec2u {
  let grid = samples();
  return (2 * vec2u(i % grid.x, i / grid.x) + 1) * vec2u(params.W, params.H) / (2 * grid);
}

fn change_at(i: u32) -> f32 {
  let p = pixel(i);
  let at = light_of(p.y, p.x);
  return abs(luma[at] - last_luma[at]);
}

// 1 where something moves in a region, and the sum of its changes.
fn region_at(region: u32) -> vec2f {
  let grid = samples();
  let place = vec2u(region % GRID, region / GRID);
  let first = place * grid / GRID;
  let end = (place + 1) * grid / GRID;
  var moving = 0.0;
  var change = 0.0;
  for (var row = first.y; row < end.y; row++) {
    for (var column = first.x; column < end.x; column++) {
      let here = change_at(row * grid.x + column);
      moving += f32(here > MOVES);
      change += here;
    }
  }
  let size = end - first;
  return vec2f(f32(moving > REGION * f32(size.x * size.y)), change);
}

// Sums over the workgroup, into `sums`.
fn total(local: u32, mine: array<vec4f, 8>) {
  workgroupBarrier();
  if (local < SLOTS) {
    for (var v = 0u; v < 8; v++) { slots[8 * local + v] = mine[v]; }
  }
  for (var stage = 1u; stage < WORKGROUP / SLOTS; stage++) {
    workgroupBarrier();
    if (local / SLOTS == stage) {
      for (var v = 0u; v < 8; v++) { slots[8 * (local % SLOTS) + v] += mine[v]; }
    }
  }
  workgroupBarrier();
  if (local < 32) {
    var sum = 0.0;
    for (var slot = 0u; slot < SLOTS; slot++) { sum += slots[8 * slot + local / 4][local % 4]; }
    sums[local] = sum;
  }
  workgroupBarrier();
}

// Luma of the new picture, and its slopes along x and y by tangents, over pixels as far as `reach`.
fn light_at(place: vec2f, reach: f32) -> vec3f {
  let texel = reach / vec2f(f32(params.LW), f32(params.LH));
  let across = vec2f(texel.x, 0);
  let down = vec2f(0, texel.y);
  let rise = vec2f(luma_at(place + across) - luma_at(place - across), luma_at(place + down) - luma_at(place - down));
  return vec3f(luma_at(place), rise / (2 * texel * tangents()));
}

// What one sample says of the motion.
fn equations(i: u32, step: u32, scale: vec2f) -> array<vec4f, 8> {
  let none = array<vec4f, 8>();
  let p = pixel(i);
  let value = depth[p.y * params.W + p.x];
  if (!finite(value)) { return none; }
  let place = (vec2f(p) + 0.5) / vec2f(f32(params.W), f32(params.H));
  if (step == 0 || step == WIDE) { lights[i / WORKGROUP] = light_at(place, select(1.0, 2.0, step < WIDE)); }
  let parts = parts_at(place, max(scale.x * value + scale.y, 0));
  let before = place + flow(parts, turn, shift);
  if (!inside(before, params.LW, params.LH)) { return none; }
  let light = lights[i / WORKGROUP];
  let slope = light.yz;
  let r = last_luma_at(before) - light.x;
  let off = r / (ROBUST * residual);
  let weight = 1 / (1 + off * off);
  let a = slope.x * parts.turn_x + slope.y * parts.turn_y;
  let b = slope.x * parts.shift_x + slope.y * parts.shift_y;
  let wa = weight * a;
  let wb = weight * b;
  return array<vec4f, 8>(
    wa.x * vec4f(a, b.x),
    vec4f(wa.x * b.yz, wa.y * a.yz),
    vec4f(wa.y * b, wa.z * a.z),
    vec4f(wa.z * b, wb.x * b.x),
    vec4f(wb.x * b.yz, wb.y * b.yz),
    vec4f(wb.z * b.z, r * wa),
    vec4f(r * wb, abs(r)),
    vec4f(1, 0, 0, 0),
  );
}

// Goes one step: only in the first invocation.
fn go() {
  var rows: array<array<f32, 7>, 6>;
  var i = 0;
  for (var row = 0; row < 6; row++) {
    for (var column = row; column < 6; column++) {
      rows[row][column] = sums[i];
      rows[column][row] = sums[i];
      i++;
    }
    rows[row][6] = sums[21 + row];
  }
  for (var row = 0; row < 6; row++) { rows[row][row] += DAMPING * rows[row][row] + 1e-6; }
  // The equations are positive definite: no row has to be swapped.
  for (var pivot = 0; pivot < 6; pivot++) {
    for (var row = pivot + 1; row < 6; row++) {
      let part = rows[row][pivot] / rows[pivot][pivot];
      for (var column = pivot; column < 7; column++) { rows[row][column] -= part * rows[pivot][column]; }
    }
  }
  for (var row = 5; row >= 0; row--) {
    for (var column = row + 1; column < 6; column++) { rows[row][6] -= rows[row][column] * rows[column][6]; }
    rows[row][6] /= rows[row][row];
  }
  turn -= vec3f(rows[0][6], rows[1][6], rows[2][6]);
  shift -= vec3f(rows[3][6], rows[4][6], rows[5][6]);
  residual = max(sums[27] / max(sums[28], 1), LEAST_RESIDUAL);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (any(group != vec3u(0))) { return; }
  let count = samples().x * samples().y;
  let span = last_fit[1] - last_fit[0];
  let range = select(1, span, span > 0);
  // In ranges of the last maps.
  let low = last_fit[0] / range;
  let held = vec2f(1 / range, mix(SKY, NO_SKY, clamp(low / ABOVE_SKY, 0, 1)) - low);
  let scale = vec2f(last_fit[9] / range, last_fit[10] / range + held.y);
  var mine = array<vec4f, 8>();
  for (var i = local; i < GRID * GRID; i += WORKGROUP) { mine[0] += vec4f(region_at(i), 0, 0); }
  total(local, mine);
  let moving = sums[0] / f32(GRID * GRID);
  let goes = moving > FEW && span > 0 && last_fit[8] > 0 && params.STEPS > 0;
  if (local == 0) { residual = max(sums[1] / f32(count), LEAST_RESIDUAL); }
  for (var step = 0u; step < params.STEPS; step++) {
    workgroupBarrier();
    mine = array<vec4f, 8>();
    for (var i = local; i < select(0, count, goes); i += WORKGROUP) {
      let more = equations(i, step, scale);
      for (var v = 0; v < 8; v++) { mine[v] += more[v]; }
    }
    total(local, mine);
    if (local == 0 && goes) { go(); }
  }
  if (local > 0) { return; }

  for (var i = 0; i < 3; i++) {
    motion[i] = turn[i];
    motion[3 + i] = shift[i];
  }
  motion[6] = scale.x;
  motion[7] = scale.y;
  motion[8] = held.x;
  motion[9] = held.y;
  motion[10] = moving;
  motion[11] = f32(goes);
}
