// fit[80]: how a depth map is laid onto the one before it, found on at most 64×64 pixels of both.
// Includes: steady_flow.wgsl, steady_moved.wgsl
//   0…7   the range that maps are drawn with, in the layout of depth_range.wgsl: percentiles 2 and 98, smoothed
//   8     maps since the start: 1 where there is none before, or the scene was cut; 0 where no value is finite
//   9, 10 scale and shift: the ratio of spreads, which noise does not shrink, on pixels that look as they did, without
//         outliers
//   11    how much of the new map is taken where nothing moves
//   12…14 shares of regions in which something moves and of pixels that were fitted, mean change of luma
//   16…79 what is added to the map besides, at the middles of GRID×GRID regions: the part FIELD of how far the last map
//         is above it there on the mean, on the pixels that the line was fitted to
// Where the camera moves, the last map is seen as it would be now: see steady_moved.wgsl.
// One workgroup; a workgroup's sums are the same in every invocation. Each keeps what its samples are, as what a camera
// that moves sees of one is costly.
const WORKGROUP: u32 = 128;
const BINS: u32 = 512;
const GRID: u32 = 8;
const SIDE: u32 = 64; // samples along a side, at most
const EACH = SIDE * SIDE / WORKGROUP; // samples of an invocation
const LARGEST: f32 = 3.4028234e38;
const STILL: f32 = 0.05; // change of luma that pixels to fit have at most
const LARGE: f32 = 0.15; // change that is large, as at a cut
const ANCHOR: f32 = 0.3; // pull of the map as it is, so that the chain of fits does not drift
const ANCHOR_MOVED: f32 = 0.2; // pull of it where the last map was moved
const ENOUGH: f32 = 0.1; // share of still pixels from which no others are fitted
const OUTLIER: f32 = 6; // times the mean residual, from which a pixel is left out
const LEAST_LIMIT: f32 = 0.01; // part of the last range that a residual may always be
const SPREAD: f32 = 0.25; // part of the variance of all pixels that those to fit have at least
const ALIKE: f32 = 0.6; // correlation of lumas up to which the scene may be another one
const OTHER: f32 = 0.04; // mean change of luma from which it is another one then
const CUT: f32 = 0.6; // share of large changes from which it is another one in any case
const RANGE_RATE: f32 = 0.05; // part of the way to the range of the new map that the drawn one goes
const HOLD: f32 = 0.03; // part of the new map in a still scene, once several were averaged
const MOST: f32 = 0.7; // part of it where the camera moves
const MOST_MOVED: f32 = 0.3; // part of it where the last map was moved
const FEW: f32 = 0.2; // share of moving regions up to which the camera stands: objects move in a few, a camera in most
const MANY: f32 = 0.5; // share from which the part is the most
const HEAD_START: f32 = 4; // maps besides those since the start, of which a new one counts as one
const FIELD: f32 = 0.4;
const FIELD_MOVED: f32 = 0.8;
const FEW_SAMPLES: f32 = 4; // of a region, that say half of what many do
struct Params {
  H: u32,
  W: u32,
  LH: u32,
  LW: u32,
  STEPS: u32, // 1, which fits nothing, and 2 for a first line, and 3 for each line without outliers
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<f32>; // [H, W]
@group(0) @binding(2) var<storage, read> luma: array<f32>; // [LH, LW]
@group(0) @binding(3) var<storage, read> last: array<f32>; // [H, W]
@group(0) @binding(4) var<storage, read> last_luma: array<f32>; // [LH, LW]
@group(0) @binding(5) var<storage, read> last_fit: array<f32>; // [80]
@group(0) @binding(6) var<storage, read> motion: array<f32>; // [12], from steady_motion.wgsl
@group(0) @binding(7) var<storage, read_write> fit: array<f32>; // [80]

var<workgroup> partial: array<vec4f, WORKGROUP>;
var<workgroup> bins: array<atomic<u32>, BINS>;

struct Sample {
  x: f32, // of the new map
  y: f32, // of the last one
  finite: bool,
  off: f32, // change of luma of what is seen; LARGEST where it was not seen then
}
var<private> mine: array<Sample, EACH>;

// As bits: WGSL lets compilers assume that floats are never NaN.
fn finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn samples() -> vec2u { return min(vec2u(params.W, params.H), vec2u(SIDE)); }

// Row and column of a sample.
fn pixel(i: u32) -> vec2u {
  let grid = samples();
  return (2 * vec2u(i / grid.x, i % grid.x) + 1) * vec2u(params.H, params.W) / (2 * grid.yx);
}

// Luma now and then, at one place.
fn lumas(i: u32) -> vec2f {
  let p = pixel(i);
  let light = light_of(p.x, p.y);
  return vec2f(luma[light], last_luma[light]);
}

fn sample(i: u32) -> Sample {
  let p = pixel(i);
  let x = depth[p.x * params.W + p.y];
  let moved = moved_at(p.x, p.y, select(0.0, x, finite(x)));
  let both = finite(x) && finite(moved.held);
  let off = select(LARGEST, abs(moved.change), both && moved.inside);
  return Sample(select(0.0, x, both), select(0.0, moved.held, both), both, off);
}

fn total(local: u32, value: vec4f) -> vec4f {
  workgroupBarrier();
  partial[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (local < half) { partial[local] += partial[local + half]; }
    workgroupBarrier();
  }
  return partial[0];
}

// Smallest and largest finite value, and how many there are.
fn extent(local: u32, count: u32) -> vec3f {
  var seen = vec3f(LARGEST, -LARGEST, 0);
  for (var i = local; i < count; i += WORKGROUP) {
    let s = mine[i / WORKGROUP];
    if (s.finite) { seen = vec3f(min(seen.x, s.x), max(seen.y, s.x), seen.z + 1); }
  }
  workgroupBarrier();
  partial[local] = vec4f(seen, 0);
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (local < half) {
      let a = partial[local];
      let b = partial[local + half];
      partial[local] = vec4f(min(a.x, b.x), max(a.y, b.y), a.z + b.z, 0);
    }
    workgroupBarrier();
  }
  return partial[0].xyz;
}

// Percentiles 2 and 98 by nearest rank, spread evenly over a bin; only in the first invocation.
fn percentiles(local: u32, count: u32, ends: vec3f) -> vec2f {
  for (var i = local; i < BINS; i += WORKGROUP) { atomicStore(&bins[i], 0); }
  workgroupBarrier();
  for (var i = local; i < count; i += WORKGROUP) {
    let s = mine[i / WORKGROUP];
    let place = (s.x - ends.x) / max(ends.y - ends.x, 1e-30);
    if (s.finite) { atomicAdd(&bins[min(u32(clamp(place, 0, 1) * f32(BINS)), BINS - 1)], 1); }
  }
  workgroupBarrier();
  if (local > 0 || ends.z == 0) { return vec2f(0); }
  let held = u32(ends.z);
  let ranks = vec2u(max(1, (2 * held + 99) / 100), (98 * held + 99) / 100);
  var found = vec2f(ends.x);
  var before = 0u;
  for (var b = 0u; b < BINS; b++) {
    let here = atomicLoad(&bins[b]);
    for (var e = 0; e < 2; e++) {
      if (before < ranks[e] && ranks[e] <= before + here) {
        let t = (f32(b) + f32(ranks[e] - before) / f32(here)) / f32(BINS);
        found[e] = ends.x * (1 - t) + ends.y * t;
      }
    }
    before += here;
  }
  return found;
}

// What is fitted: pixels that look as they did (all of them where few do), near y = line.x · x + line.y.
struct Selection {
  still: f32,
  line: vec2f,
  limit: f32,
}

fn residual(s: Sample, line: vec2f) -> f32 { return abs(line.x * s.x + line.y - s.y); }

// How far the last map is above the new one in a region, laid by a line.
fn region_at(region: u32, line: vec2f, by: Selection) -> f32 {
  let grid = samples();
  let place = vec2u(region % GRID, region / GRID);
  let first = place * grid / GRID;
  let end = (place + 1) * grid / GRID;
  var sum = vec2f(0, FEW_SAMPLES);
  for (var row = first.y; row < end.y; row++) {
    for (var column = first.x; column < end.x; column++) {
      let s = sample(row * grid.x + column);
      let above = s.y - (line.x * s.x + line.y);
      if (s.off < by.still && abs(above) <= by.limit) { sum += vec2f(above, 1); }
    }
  }
  return sum.x / sum.y;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (any(group != vec3u(0))) { return; }
  let count = samples().x * samples().y;
  let n = f32(count);
  var mean: vec4f; // count of what is selected, means of x and y
  var whole = 0.0; // variance of x before any is left out
  var by = Selection(LARGEST, vec2f(1, 0), LARGEST);
  var next = by;
  var line = vec2f(1, 0);
  var fitted = 0.0;
  var going = true;
  var sum = vec4f(0);
  for (var i = local; i < count; i += WORKGROUP) {
    mine[i / WORKGROUP] = sample(i);
    let both = lumas(i);
    sum += vec4f(both, abs(both.x - both.y), 0);
  }
  let light = total(local, sum).xyz / n; // means of both lumas and of the change
  sum = vec4f(0);
  for (var i = local; i < count; i += WORKGROUP) {
    let both = lumas(i);
    let off = both - light.xy;
    sum += vec4f(off * off, off.x * off.y, f32(abs(both.x - both.y) > LARGE));
  }
  let moments = total(local, sum) / n; // variances of both lumas, covariance, share that changes much
  // One step sums up one thing; they are one loop because compilers copy what is called in many places.
  for (var step = 0u; step < params.STEPS; step++) {
    let what = select(1 + step % 3, 0, step == 0);
    sum = vec4f(0);
    for (var i = local; i < count; i += WORKGROUP) {
      let s = mine[i / WORKGROUP];
      let among = s.off < next.still && residual(s, next.line) <= next.limit;
      let off = vec2f(s.x, s.y) - mean.yz;
      switch what {
        case 0u: { sum.x += f32(s.off < STILL); }
        case 1u: { sum += select(vec4f(0), vec4f(1, residual(s, line), 0, 0), among); }
        case 2u: { sum += select(vec4f(0), vec4f(1, s.x, s.y, 0), among); }
        default: { sum += select(vec4f(0), vec4f(off * off, 0, 0), among); }
      }
    }
    sum = total(local, sum);
    switch what {
      case 0u: {
        by.still = select(LARGEST, STILL, sum.x >= ENOUGH * n);
        next = by;
      }
      case 1u: {
        let least = LEAST_LIMIT * (last_fit[1] - last_fit[0]);
        next = Selection(by.still, line, max(OUTLIER * sum.y / max(sum.x, 1), least));
      }
      case 2u: { mean = vec4f(sum.x, sum.yzw / max(sum.x, 1)); }
      default: {
        let spread = sum.xy / max(mean.x, 1);
        if (step == 2) { whole = spread.x; }
        // Pixels of one depth alone say nothing about the scale.
        going = going && spread.x >= SPREAD * whole;
        if (going) {
          let scale = select(1.0, sqrt(spread.y / spread.x), spread.x > 0 && spread.y > 0);
          line = vec2f(scale, mean.z - scale * mean.y);
          fitted = mean.x;
          by = next;
        }
        next = by;
      }
    }
  }
  let ends = extent(local, count);
  let range = percentiles(local, count, ends);
  let other = moments.z <= ALIKE * sqrt(moments.x * moments.y) && light.z > OTHER;
  let fresh = last_fit[8] == 0 || other || moments.w > CUT || ends.z == 0;
  let plain = fresh || params.STEPS == 1;
  let moved = motion[11] > 0;
  let anchor = select(ANCHOR, ANCHOR_MOVED, moved);
  line = select(vec2f(mix(line.x, 1, anchor), (1 - anchor) * line.y), vec2f(1, 0), plain);
  let field = select(FIELD, FIELD_MOVED, moved);
  for (var i = local; i < GRID * GRID; i += WORKGROUP) {
    fit[16 + i] = select(field * region_at(i, line, by), 0, plain);
  }
  if (local > 0) { return; }

  let now = line.x * range + line.y;
  let before = vec2f(last_fit[0], last_fit[1]);
  let drawn = select(mix(before, now, RANGE_RATE), now, fresh);
  for (var i = 0; i < 4; i++) { fit[i] = drawn[i % 2]; }
  fit[4] = n - ends.z;
  fit[5] = ends.z;
  fit[6] = 0;
  fit[7] = 0;
  fit[8] = select(select(min(last_fit[8] + 1, 1e6), 1, fresh), 0, ends.z == 0);
  fit[9] = line.x;
  fit[10] = line.y;
  let hold = max(HOLD, 1 / (fit[8] + HEAD_START));
  let most = select(MOST, MOST_MOVED, moved);
  fit[11] = mix(hold, most, clamp((motion[10] - FEW) / (MANY - FEW), 0, 1));
  fit[12] = motion[10];
  fit[13] = fitted / n;
  fit[14] = light.z;
  fit[15] = 0;
}
