// y[i] = depth[i], but the 0.99 quantile of the depth that is not sky where sky[i] >= THRESHOLD, when there are more
// than LEAST pixels of either. Depths are not negative, so their bits are in their order.
// One workgroup does it all: it finds the value of a rank byte by byte, with a histogram each.
const WORKGROUP: u32 = 128;
const THRESHOLD: f32 = 0.3;
const LEAST: u32 = 10;
struct Params {
  N4: u32, // pixels / 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> depth: array<vec4f>; // [N4]
@group(0) @binding(2) var<storage, read> sky: array<vec4f>; // [N4]
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>; // [N4]

var<workgroup> bins: array<atomic<u32>, 256>; // one for each value of a byte

fn clear(local: u32, value: u32) {
  workgroupBarrier();
  for (var i = local; i < 256; i += WORKGROUP) { atomicStore(&bins[i], value); }
  workgroupBarrier();
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  clear(local, 0);
  var count = 0u;
  for (var i = local; i < params.N4; i += WORKGROUP) {
    count += dot(vec4u(sky[i] < vec4f(THRESHOLD)), vec4u(1));
  }
  atomicAdd(&bins[0], count);
  workgroupBarrier();
  let land = atomicLoad(&bins[0]);
  let place = 99 * (max(land, 1) - 1);
  var rank = place / 100; // among the depths whose leading bytes are `prefix`
  var prefix = 0u;
  var equal = 0u; // depths of just that prefix
  for (var byte = 0u; byte < 4; byte++) {
    let shift = 24 - 8 * byte;
    clear(local, 0);
    for (var i = local; i < params.N4; i += WORKGROUP) {
      let bits = bitcast<vec4u>(depth[i]);
      for (var c = 0u; c < 4; c++) {
        let leading = select(0u, bits[c] >> (shift + 8), byte > 0);
        if (sky[i][c] < THRESHOLD && leading == prefix) { atomicAdd(&bins[(bits[c] >> shift) & 255], 1); }
      }
    }
    workgroupBarrier();
    var digit = 0u;
    equal = atomicLoad(&bins[0]);
    while (rank >= equal && digit < 255) {
      rank -= equal;
      digit++;
      equal = atomicLoad(&bins[digit]);
    }
    prefix = (prefix << 8) | digit;
  }
  clear(local, 0x7f800000);
  for (var i = local; i < params.N4; i += WORKGROUP) {
    let bits = bitcast<vec4u>(depth[i]);
    for (var c = 0u; c < 4; c++) {
      if (sky[i][c] < THRESHOLD && bits[c] > prefix) { atomicMin(&bins[0], bits[c]); }
    }
  }
  workgroupBarrier();
  let next = select(atomicLoad(&bins[0]), prefix, rank + 1 < equal || place % 100 == 0);
  let far = mix(bitcast<f32>(prefix), bitcast<f32>(next), f32(place % 100) / 100);
  let fills = land > LEAST && 4 * params.N4 - land > LEAST;
  for (var i = local; i < params.N4; i += WORKGROUP) {
    y[i] = select(depth[i], vec4f(far), (sky[i] >= vec4f(THRESHOLD)) & vec4<bool>(fills));
  }
}
