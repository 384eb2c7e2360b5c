// A rendered view with its holes filled from behind.
// Includes: screen.wgsl
// A pixel that no surface covers looks in DIRECTIONS directions for the first that is covered, and takes the mean of
// those that are farthest: weights fall with the distance and with how much nearer a pixel is than the farthest found.
// The colour is taken a little behind the rim, whose pixels have some of the nearer surface's colour.
const DIRECTIONS: u32 = 32;
const RIM: i32 = 2;
const TURN: f32 = 6.2831855;
struct Params {
  reach: u32, // pixels that a hole is looked over
  sharpness: f32, // exponent a unit of inverse depth
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var colors: texture_2d<f32>;
@group(0) @binding(2) var inverse: texture_2d<f32>; // -1 where nothing is

@fragment
fn fragment_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let at = vec2i(position.xy);
  if (textureLoad(inverse, at, 0).x >= 0) { return textureLoad(colors, at, 0); }
  let last = vec2i(textureDimensions(colors)) - 1;
  var found: array<vec4f, DIRECTIONS>;
  var weights: array<vec2f, DIRECTIONS>; // inverse depth, distance; 0 for nothing found
  var farthest = 1e30;
  for (var d = 0u; d < DIRECTIONS; d++) {
    let angle = TURN * f32(d) / f32(DIRECTIONS);
    let direction = vec2f(cos(angle), sin(angle));
    weights[d] = vec2f(0);
    for (var r = 1u; r <= params.reach; r++) {
      let there = at + vec2i(round(direction * f32(r)));
      if (any(there < vec2i(0)) || any(there > last)) { break; }
      let w = textureLoad(inverse, there, 0).x;
      if (w >= 0) {
        var behind = there;
        for (var s = 1; s <= RIM; s++) {
          let next = at + vec2i(round(direction * f32(i32(r) + s)));
          if (any(next < vec2i(0)) || any(next > last)) { break; }
          let beyond = textureLoad(inverse, next, 0).x;
          if (beyond < 0 || beyond > w * 1.05) { break; }
          behind = next;
        }
        found[d] = textureLoad(colors, behind, 0);
        weights[d] = vec2f(w, f32(r));
        farthest = min(farthest, w);
        break;
      }
    }
  }
  var sum = vec4f(0);
  var total = 0.0;
  for (var d = 0u; d < DIRECTIONS; d++) {
    let distance = weights[d].y;
    if (distance > 0) {
      let weight = exp(-params.sharpness * (weights[d].x - farthest)) / distance;
      sum += weight * found[d];
      total += weight;
    }
  }
  return sum / max(total, 1e-30);
}
