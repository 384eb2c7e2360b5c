// The end of ZoeDepth: depth[H,W] = Σ over bins of probability · bin, with a log-binomial distribution whose two
// parameters a small network makes for each pixel: softplus(weight2 · gelu(weight1 · [features, relative depth] +
// bilinear(embedding)) + bias2) = (p0, p1, t0, t1). Nothing of it is stored.
// Includes: epilogue.wgsl, softplus.wgsl
// One invocation computes a pixel. Loops end at uniforms: unrolled, they take some drivers a minute to compile.
// Bins and embedding are on one grid, resized with align_corners = true.
const FEATURES: u32 = 8; // / 4
const RELATIVE: bool = true; // whether relative depth is among its inputs
const WORKGROUP: u32 = 64;
const COLDEST: f32 = 0.0212; // range of the temperature
const HOTTEST: f32 = 50.0;
struct Params {
  H: u32,
  W: u32,
  LH: u32, // grid of bins and embedding
  LW: u32,
  SCALE_Y: f32, // its rows and columns per pixel
  SCALE_X: f32,
  HIDDEN: u32, // of the small network / 4
  BINS4: u32, // bins / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> features: array<vec4f>; // [H·W, FEATURES]
@group(0) @binding(2) var<storage, read> embedding: array<vec4f>; // [LH·LW, HIDDEN], bias included
@group(0) @binding(3) var<storage, read> bins: array<vec4f>; // [LH·LW, BINS4]
@group(0) @binding(4) var<storage, read> weight1: array<vec4f>; // [4·FEATURES + RELATIVE, HIDDEN]
@group(0) @binding(5) var<storage, read> weight2: array<vec4f>; // [4·HIDDEN + 1]: four outputs a row, bias2 the last
@group(0) @binding(6) var<storage, read> relative: array<vec4f>; // [FEATURES + 1]: weight and bias of relative depth
@group(0) @binding(7) var<storage, read> choose: array<vec4f>; // [BINS4]: ln of the binomial coefficients of 63
@group(0) @binding(9) var<storage, read_write> depth: array<f32>; // [H, W]

// Where a pixel falls on the grid.
struct Taps { at: vec4u, weight: vec4f }

fn taps(y: u32, x: u32) -> Taps {
  let sy = f32(y) * params.SCALE_Y;
  let sx = f32(x) * params.SCALE_X;
  let y0 = min(u32(sy), params.LH - 1);
  let x0 = min(u32(sx), params.LW - 1);
  let y1 = min(y0 + 1, params.LH - 1);
  let x1 = min(x0 + 1, params.LW - 1);
  let fy = sy - f32(y0);
  let fx = sx - f32(x0);
  let rows = vec4u(y0, y0, y1, y1) * params.LW;
  return Taps(rows + vec4u(x0, x1, x0, x1), vec4f(1 - fy, 1 - fy, fy, fy) * vec4f(1 - fx, fx, 1 - fx, fx));
}

// Share of the first of two, softened by 1e-4.
fn share(a: f32, b: f32) -> f32 { return (a + 1e-4) / (a + b + 2e-4); }

// ln of what four bins have of the binomial distribution, from the logarithms of both chances.
fn score(i: u32, yes: f32, no: f32) -> vec4f {
  let k = f32(4 * i) + vec4f(0, 1, 2, 3);
  return choose[i] + k * yes + (f32(4 * params.BINS4 - 1) - k) * no;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let pixel = (group.y * groups.x + group.x) * WORKGROUP + local;
  if (pixel >= params.H * params.W) { return; }
  let tap = taps(pixel / params.W, pixel % params.W);
  var input: array<vec4f, FEATURES>;
  var rough = relative[FEATURES].x;
  for (var i = 0u; i < FEATURES; i++) {
    input[i] = features[pixel * FEATURES + i];
    rough += dot(input[i], relative[i]);
  }
  rough = max(rough, 0);
  var outputs = weight2[4 * params.HIDDEN];
  for (var n = 0u; n < params.HIDDEN; n++) {
    var sum = vec4f(0);
    // A weight at a time, and the embedding last: no more of them fit in the registers of Intel's GPUs.
    var w = n;
    for (var i = 0u; i < FEATURES; i++) {
      for (var e = 0u; e < 4; e++) {
        sum += input[i][e] * weight1[w];
        w += params.HIDDEN;
      }
    }
    if (RELATIVE) { sum += rough * weight1[w]; }
    let at = tap.at * params.HIDDEN + n;
    sum += tap.weight.x * embedding[at.x];
    sum += tap.weight.y * embedding[at.y];
    sum += tap.weight.z * embedding[at.z];
    sum += tap.weight.w * embedding[at.w];
    let hidden = activate(sum);
    outputs += hidden.x * weight2[4 * n] + hidden.y * weight2[4 * n + 1];
    outputs += hidden.z * weight2[4 * n + 2] + hidden.w * weight2[4 * n + 3];
  }
  let parts = softplus(outputs);
  let p = share(parts.x, parts.y);
  let temperature = COLDEST + (HOTTEST - COLDEST) * share(parts.z, parts.w);
  let yes = log(clamp(p, 1e-4, 1));
  let no = log(clamp(1 - p, 1e-4, 1));
  var most = vec4f(-3.4e38);
  for (var i = 0u; i < params.BINS4; i++) { most = max(most, score(i, yes, no)); }
  let top = max(max(most.x, most.y), max(most.z, most.w));
  var total = vec4f(0);
  var mean = vec4f(0);
  for (var i = 0u; i < params.BINS4; i++) {
    let probability = exp((score(i, yes, no) - top) / temperature);
    total += probability;
    let at = tap.at * params.BINS4 + i;
    let upper = tap.weight.x * bins[at.x] + tap.weight.y * bins[at.y];
    mean += probability * (upper + tap.weight.z * bins[at.z] + tap.weight.w * bins[at.w]);
  }
  depth[pixel] = dot(mean, vec4f(1)) / dot(total, vec4f(1));
}
