// Include. Reads a pixel of an external texture.
fn load(at: vec2u) -> vec4f {
  return textureLoad(picture, at);
}
