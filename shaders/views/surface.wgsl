// The picture from another viewpoint: each pixel of the map is a quad, whose corners it shares with its surface.
// Includes: steps.wgsl
// A point seen at (u,v) with inverse depth w is (u,v,1,w)/w, so its place on the screen is camera·(u,v,1,w): no
// division, and what is infinitely far is w = 0. A corner has the mean inverse depth of those of its four pixels that
// hang together with the quad's own; a plane stays a plane, and quads of a surface meet exactly. Gives colours, and
// inverse depth as the camera sees it; pixels that are left out are covered, infinitely far and transparent.
struct Camera {
  matrix: mat4x4f,
  size: vec2f, // of the map
  least: f32,
  ratio: f32,
  focal: f32, // in pixels of the map
}
@group(0) @binding(0) var<uniform> camera: Camera;
@group(0) @binding(1) var inverse: texture_2d<f32>; // [H, W]
@group(0) @binding(2) var picture: texture_2d<f32>;
@group(0) @binding(3) var smooth_picture: sampler;

struct Varyings {
  @builtin(position) position: vec4f,
  @location(0) uv: vec2f,
  @location(1) w: f32,
  @location(2) alpha: f32,
}

// The mean inverse depth at a corner, of the pixels around it that `own` hangs together with: 0 1 over 3 2.
fn corner_inverse(corner: vec2i, own: u32) -> f32 {
  let last = vec2i(camera.size) - 1;
  var around: array<f32, 4>;
  for (var i = 0u; i < 4; i++) {
    let there = corner + vec2i(select(-1, 0, i == 1 || i == 2), select(-1, 0, i >= 2));
    around[i] = textureLoad(inverse, clamp(there, vec2i(0), last), 0).x;
  }
  var together = array<bool, 4>(false, false, false, false);
  together[own] = true;
  for (var turn = 0u; turn < 2; turn++) {
    for (var i = 0u; i < 4; i++) {
      let next = (i + 1) & 3;
      if (together[i] != together[next] && !is_step(around[i], around[next], camera.least, camera.ratio)) {
        together[i] = true;
        together[next] = true;
      }
    }
  }
  var sum = 0.0;
  var count = 0.0;
  for (var i = 0u; i < 4; i++) {
    if (together[i]) {
      sum += max(around[i], 0.0);
      count += 1;
    }
  }
  return sum / count;
}

@vertex
fn vertex_main(@builtin(vertex_index) index: u32) -> Varyings {
  const PLACES = array<vec2i, 6>(vec2i(0, 0), vec2i(0, 1), vec2i(1, 0), vec2i(1, 1), vec2i(1, 0), vec2i(0, 1));
  let pixel = index / 6;
  let columns = u32(camera.size.x);
  let at = vec2i(i32(pixel % columns), i32(pixel / columns));
  let place = PLACES[index % 6];
  // Which of the pixels around the corner is the quad's own.
  let own = select(select(0u, 3u, place.y == 0), select(1u, 2u, place.y == 0), place.x == 0);
  let corner = at + place;
  let w = corner_inverse(corner, own);
  let uv = (vec2f(corner) - 0.5 * camera.size) / camera.focal;
  var out: Varyings;
  out.position = camera.matrix * vec4f(uv, 1, w);
  out.uv = vec2f(corner) / camera.size;
  out.w = w;
  out.alpha = select(0.0, 1.0, textureLoad(inverse, at, 0).x >= 0);
  return out;
}

struct Seen {
  @location(0) color: vec4f,
  @location(1) inverse: vec4f,
}

@fragment
fn fragment_main(in: Varyings) -> Seen {
  let color = textureSampleLevel(picture, smooth_picture, in.uv, 0).rgb;
  let alpha = step(0.5, in.alpha);
  return Seen(vec4f(color * alpha, alpha), vec4f(in.w * in.position.w, 0, 0, 1));
}
