// Include. stored(x) is x as y holds it, cut off at the range of f16; `overflow` is 1 once that, or a NaN, has
// happened.
@group(0) @binding(12) var<storage, read_write> overflow: atomic<u32>;

fn stored(x: vec4f) -> vec4<yelem> {
  if (!all(abs(x) <= vec4f(65504))) { atomicStore(&overflow, 1u); }
  return vec4<yelem>(clamp(x, vec4f(-65504), vec4f(65504)));
}
