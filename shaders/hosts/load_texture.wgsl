// Include. Reads a pixel of a texture.
fn load(at: vec2u) -> vec4f {
  return textureLoad(picture, at, 0);
}
