// Include. A triangle over the whole screen, for shaders that give a colour for each pixel of a target.
@vertex
fn vertex_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32((index & 1) * 4) - 1, f32((index & 2) * 2) - 1, 0, 1);
}
