// Include. How pixels of a new picture go back to the last one where the scene stands and a camera of an assumed focal
// length turns and moves. For what has params.H, W, LH and LW, luma and last_luma.
const FOCAL: f32 = 0.866; // of the longer side: 60° along it

// Tangents of the view at the ends of the picture, less those at the other ends.
fn tangents() -> vec2f {
  let sides = vec2f(f32(params.W), f32(params.H));
  return sides / (FOCAL * max(sides.x, sides.y));
}

// What the flow of a pixel is a sum of, along x and along y, in tangents: the parts of a turn and of a shift.
struct Parts {
  turn_x: vec3f,
  turn_y: vec3f,
  shift_x: vec3f,
  shift_y: vec3f,
}

// `place` in 0…1 of the picture's sides.
fn parts_at(place: vec2f, disparity: f32) -> Parts {
  let t = (place - 0.5) * tangents();
  return Parts(
    vec3f(-t.x * t.y, 1 + t.x * t.x, -t.y),
    vec3f(-1 - t.y * t.y, t.x * t.y, t.x),
    disparity * vec3f(1, 0, -t.x),
    disparity * vec3f(0, 1, -t.y),
  );
}

fn flow(p: Parts, turn: vec3f, shift: vec3f) -> vec2f {
  let along = vec2f(dot(p.turn_x, turn) + dot(p.shift_x, shift), dot(p.turn_y, turn) + dot(p.shift_y, shift));
  return along / tangents();
}

fn inside(place: vec2f, width: u32, height: u32) -> bool {
  let at = place * vec2f(f32(width), f32(height)) - 0.5;
  return all(at >= vec2f(0)) && all(at <= vec2f(f32(width) - 1, f32(height) - 1));
}

// Index in luma of a pixel of the map.
fn light_of(row: u32, column: u32) -> u32 {
  return (2 * row + 1) * params.LH / (2 * params.H) * params.LW + (2 * column + 1) * params.LW / (2 * params.W);
}

// Four pixels around a place: the first, steps to the others, and parts.
struct Around {
  first: u32,
  right: u32,
  below: u32,
  part: vec2f,
}

fn around(place: vec2f, width: u32, height: u32) -> Around {
  let most = vec2f(f32(width) - 1, f32(height) - 1);
  let at = clamp(place * vec2f(f32(width), f32(height)) - 0.5, vec2f(0), most);
  let first = vec2u(at);
  let right = select(0u, 1u, first.x + 1 < width);
  let below = select(0u, width, first.y + 1 < height);
  return Around(first.y * width + first.x, right, below, at - vec2f(first));
}

fn between(a: Around, corners: vec4f) -> f32 {
  return mix(mix(corners.x, corners.y, a.part.x), mix(corners.z, corners.w, a.part.x), a.part.y);
}

fn luma_at(place: vec2f) -> f32 {
  let a = around(place, params.LW, params.LH);
  let i = a.first;
  return between(a, vec4f(luma[i], luma[i + a.right], luma[i + a.below], luma[i + a.below + a.right]));
}

fn last_luma_at(place: vec2f) -> f32 {
  let a = around(place, params.LW, params.LH);
  let i = a.first;
  return between(
    a,
    vec4f(last_luma[i], last_luma[i + a.right], last_luma[i + a.below], last_luma[i + a.below + a.right]),
  );
}
