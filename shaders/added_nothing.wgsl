// Include. Nothing is added.
fn added(at: u32) -> vec4f {
  return vec4f(0);
}
