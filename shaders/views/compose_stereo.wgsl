// Two views as one picture.
// Includes: screen.wgsl
// side by side, each whole or squeezed to half its width by the mean of pairs; one above the other; red-cyan of
// colours, or by the least-squares matrices of Dubois (sRGB values 0…1, sums cut to 0…1); VR180: both eyes as
// equirectangular pictures of 180° by 180°, black where the eye's picture ends.
struct Params {
  arrangement: u32, // 0 side by side, 1 half, 2 top-bottom, 3 Dubois, 4 red-cyan, 5 VR180
  focal: f32, // in pixels of an eye's picture
  side: f32, // of an eye's square of VR180
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var left: texture_2d<f32>;
@group(0) @binding(2) var right: texture_2d<f32>;
@group(0) @binding(3) var smooth_eye: sampler;

const QUARTER: f32 = 1.5707964;

fn eye(is_right: bool, at: vec2i) -> vec4f {
  if (is_right) { return textureLoad(right, at, 0); }
  return textureLoad(left, at, 0);
}

// What an eye's pinhole picture has in the direction of a pixel of a square side × side.
fn equirectangular(is_right: bool, at: vec2f, side: f32) -> vec4f {
  let size = vec2f(textureDimensions(left));
  let longitude = (2 * at.x / side - 1) * QUARTER;
  let latitude = (2 * at.y / side - 1) * QUARTER;
  let place = params.focal * vec2f(tan(longitude), tan(latitude) / max(cos(longitude), 1e-6)) + 0.5 * size;
  if (any(place < vec2f(0)) || any(place > size)) { return vec4f(0, 0, 0, 1); }
  let l = textureSampleLevel(left, smooth_eye, place / size, 0);
  let r = textureSampleLevel(right, smooth_eye, place / size, 0);
  return select(l, r, is_right);
}

@fragment
fn fragment_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let at = vec2i(position.xy);
  let size = vec2i(textureDimensions(left));
  switch (params.arrangement) {
    case 0: { return eye(at.x >= size.x, vec2i(at.x % size.x, at.y)); }
    case 1: {
      let squeezed = size.x / 2;
      let first = vec2i(2 * (at.x % squeezed), at.y);
      let is_right = at.x >= squeezed;
      return 0.5 * (eye(is_right, first) + eye(is_right, first + vec2i(1, 0)));
    }
    case 2: { return eye(at.y >= size.y, vec2i(at.x, at.y % size.y)); }
    case 5: {
      let is_right = position.x >= params.side;
      return equirectangular(is_right, position.xy - vec2f(select(0.0, params.side, is_right), 0), params.side);
    }
    default: {}
  }
  let l = eye(false, at);
  let r = eye(true, at);
  if (params.arrangement == 4) { return vec4f(l.r, r.g, r.b, max(l.a, r.a)); }
  let color = vec3f(
    dot(l.rgb, vec3f(0.4561, 0.500484, 0.176381)) + dot(r.rgb, vec3f(-0.0434706, -0.0879388, -0.00155529)),
    dot(l.rgb, vec3f(-0.0400822, -0.0378246, -0.0157589)) + dot(r.rgb, vec3f(0.378476, 0.73364, -0.0184503)),
    dot(l.rgb, vec3f(-0.0152161, -0.0205971, -0.00546856)) + dot(r.rgb, vec3f(-0.0721527, -0.112961, 1.2264)),
  );
  return vec4f(clamp(color, vec3f(0), vec3f(1)), max(l.a, r.a));
}
