// Include. stored(x) is x as y holds it, where y has the range of x.
fn stored(x: vec4f) -> vec4<yelem> {
  return vec4<yelem>(x);
}
