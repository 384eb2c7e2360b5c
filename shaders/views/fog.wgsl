// Fog: light that a haze of even density takes from what is far, and its own in place of it.
// Includes: screen.wgsl, srgb.wgsl
// color·T + fog·(1 - T) with T = e^(-density·(z - start)), 1 in front of start, in linear light. What is infinitely far
// or left out is all fog.
struct Params {
  red: f32, // sRGB
  green: f32,
  blue: f32,
  density: f32, // a unit of the scene
  start: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var smooth_picture: sampler;
@group(0) @binding(4) var<uniform> target_size: vec2f;

@fragment
fn fragment_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let uv = position.xy / target_size;
  let size = vec2f(textureDimensions(inverse));
  let w = textureLoad(inverse, vec2i(clamp(uv * size, vec2f(0), size - 1)), 0).x;
  let color = to_linear(textureSampleLevel(picture, smooth_picture, uv, 0).rgb);
  var passed = 0.0;
  if (w > 0) { passed = exp(-params.density * max(1 / w - params.start, 0.0)); }
  return vec4f(to_srgb(mix(to_linear(vec3f(params.red, params.green, params.blue)), color, passed)), 1);
}
