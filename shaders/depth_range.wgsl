// range[8] = min, max, low, high, count of values that are not finite, count of finite values, 0, 0.
// low and high are percentiles by nearest rank: the value of rank ⌈count·percent/100⌉, spread evenly over its bin, so
// at most one bin (a 2048th of max - min) off. Without finite values all are 0.
// One workgroup; each invocation sums and searches SPAN neighbouring bins.
const WORKGROUP: u32 = 128;
const BINS: u32 = 2048;
const SPAN = BINS / WORKGROUP;
const LARGEST: f32 = 3.4028234e38;
struct Params {
  GROUPS: u32,
  LOW: u32, // hundredths of a percent
  HIGH: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> extent: array<vec4f>; // [GROUPS], from depth_extent.wgsl
@group(0) @binding(2) var<storage, read> histogram: array<u32>; // [GROUPS, BINS], from depth_histogram.wgsl
@group(0) @binding(3) var<storage, read_write> range: array<f32>; // [8]

var<workgroup> spans: array<u32, WORKGROUP>;

// ⌈count · percent / 10000⌉ without leaving 32 bits, and at least 1.
fn rank(count: u32, percent: u32) -> u32 {
  return max(1u, count / 10000 * percent + (count % 10000 * percent + 9999) / 10000);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (any(group != vec3u(0))) { return; }
  var bins: array<u32, SPAN>;
  var mine = 0u;
  for (var b = 0u; b < SPAN; b++) {
    for (var g = 0u; g < params.GROUPS; g++) { bins[b] += histogram[g * BINS + local * SPAN + b]; }
    mine += bins[b];
  }
  spans[local] = mine;
  workgroupBarrier();
  var before = 0u;
  var count = 0u;
  for (var i = 0u; i < WORKGROUP; i++) {
    if (i == local) { before = count; }
    count += spans[i];
  }
  var smallest = LARGEST;
  var largest = -LARGEST;
  var other = 0u;
  for (var g = 0u; g < params.GROUPS; g++) {
    smallest = min(smallest, extent[g].x);
    largest = max(largest, extent[g].y);
    other += u32(extent[g].z);
  }
  if (local == 0) {
    range[0] = select(smallest, 0.0, count == 0);
    range[1] = select(largest, 0.0, count == 0);
    range[4] = f32(other);
    range[5] = f32(count);
    range[6] = 0;
    range[7] = 0;
    if (count == 0) {
      range[2] = 0;
      range[3] = 0;
    }
  }
  let low = rank(count, params.LOW);
  let high = rank(count, params.HIGH);
  for (var b = 0u; b < SPAN; b++) {
    let end = before + bins[b];
    let first = f32(local * SPAN + b);
    if (before < low && low <= end) {
      range[2] = value_at(first + f32(low - before) / f32(bins[b]), smallest, largest);
    }
    if (before < high && high <= end) {
      range[3] = value_at(first + f32(high - before) / f32(bins[b]), smallest, largest);
    }
    before = end;
  }
}

fn value_at(bin: f32, smallest: f32, largest: f32) -> f32 {
  if (largest <= smallest) { return smallest; }
  let t = bin / f32(BINS);
  return clamp(smallest * (1 - t) + largest * t, smallest, largest);
}
