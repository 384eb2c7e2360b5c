// copy[H,W] = picture, as 8-bit encoded sRGB, for kernels that read textures of encoded colours.
// The picture is a texture that decodes to linear light as it is read, or an external one, which does not. Its nearest
// pixel is taken where the sizes differ. One invocation writes one pixel.
alias pictures = texture_2d<f32>;
const LINEAR: bool = true;
@group(0) @binding(0) var picture: pictures;
@group(0) @binding(1) var copy: texture_storage_2d<rgba8unorm, write>;

// IEC 61966-2-1
fn encoded(c: vec3f) -> vec3f {
  return select(1.055 * pow(c, vec3f(1 / 2.4)) - 0.055, 12.92 * c, c <= vec3f(0.0031308));
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let size = textureDimensions(copy);
  if (any(id.xy >= size)) { return; }
  let at = vec2u((vec2f(id.xy) + 0.5) * vec2f(textureDimensions(picture)) / vec2f(size));
  let color = load(at).rgb;
  textureStore(copy, id.xy, vec4f(select(color, encoded(color), LINEAR), 1));
}
