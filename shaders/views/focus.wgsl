// Depth of field: the picture through a lens that is sharp at one inverse depth.
// Includes: screen.wgsl, srgb.wgsl
// The circle of confusion of a pixel has the radius |w - focus|·strength pixels, at most `largest`. SAMPLES places on a
// sunflower disc of the largest radius are looked at. One counts where its own circle reaches this pixel; what is
// farther than this pixel counts with no more than this pixel's circle, so that what is sharp does not bleed into what
// is behind it. In linear light.
const SAMPLES: u32 = 128;
const GOLDEN: f32 = 2.3999632;
struct Params {
  focus: f32, // inverse depth
  strength: f32, // pixels of the target a unit of inverse depth
  largest: f32, // pixels of the target
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var smooth_picture: sampler;
@group(0) @binding(4) var<uniform> target_size: vec2f;

fn inverse_at(uv: vec2f) -> f32 {
  let size = vec2f(textureDimensions(inverse));
  return max(textureLoad(inverse, vec2i(clamp(uv * size, vec2f(0), size - 1)), 0).x, 0.0);
}

fn circle(w: f32) -> f32 {
  return min(abs(w - params.focus) * params.strength, params.largest);
}

@fragment
fn fragment_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let uv = position.xy / target_size;
  let own = inverse_at(uv);
  let radius = circle(own);
  let sharp = textureSampleLevel(picture, smooth_picture, uv, 0).rgb;
  var sum = to_linear(sharp);
  var total = 1.0;
  for (var i = 0u; i < SAMPLES; i++) {
    let reach = params.largest * sqrt((f32(i) + 0.5) / f32(SAMPLES));
    let angle = GOLDEN * f32(i);
    let there = uv + reach * vec2f(cos(angle), sin(angle)) / target_size;
    let w = inverse_at(there);
    var spread = circle(w);
    if (w < own) { spread = min(spread, radius); }
    let weight = clamp(spread - reach + 0.5, 0.0, 1.0);
    sum += weight * to_linear(textureSampleLevel(picture, smooth_picture, there, 0).rgb);
    total += weight;
  }
  return vec4f(to_srgb(sum / total), 1);
}
