// Include. The last map and luma as a camera that moves would see them now. For what includes steady_flow.wgsl, and has
// last and motion besides.
const MOST_GROWTH: f32 = 0.2;

struct Moved {
  held: f32, // of the last map
  inside: bool,
  change: f32, // of luma
}

fn moved_at(row: u32, column: u32, value: f32) -> Moved {
  if (motion[11] == 0) {
    let at = light_of(row, column);
    return Moved(last[row * params.W + column], true, luma[at] - last_luma[at]);
  }
  let place = (vec2f(f32(column), f32(row)) + 0.5) / vec2f(f32(params.W), f32(params.H));
  let turn = vec3f(motion[0], motion[1], motion[2]);
  let shift = vec3f(motion[3], motion[4], motion[5]);
  let before = place + flow(parts_at(place, max(motion[6] * value + motion[7], 0)), turn, shift);
  let a = around(before, params.W, params.H);
  let i = a.first;
  let held = between(a, vec4f(last[i], last[i + a.right], last[i + a.below], last[i + a.below + a.right]));
  // What comes nearer has more disparity, by its own part.
  let disparity = max(motion[8] * held + motion[9], 0);
  let grown = disparity / (1 - clamp(disparity * shift.z, -MOST_GROWTH, MOST_GROWTH)) - disparity;
  let change = luma_at(place) - last_luma_at(before);
  return Moved(held + grown / motion[8], inside(before, params.W, params.H), change);
}
