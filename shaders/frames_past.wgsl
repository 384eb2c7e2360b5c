// Include. Earlier frames of temporal_attention: `frames` holds how many there are and the place of the frame at hand, then for
// each of them its slot in `past` and its place.
@group(0) @binding(4) var<storage, read> past: array<vec4<xelem>>; // [slots, P, C/4]
@group(0) @binding(5) var<storage, read> frames: array<vec2u>; // [KEYS]

fn past_count() -> u32 { return min(frames[0].x, KEYS - 1); }
fn own_place() -> u32 { return frames[0].y; }

// The row of frame j; of any frame where there is no such.
fn past_row(j: u32, row: u32, c4: u32) -> vec4f {
  let frame = frames[min(j + 1, KEYS - 1)];
  return vec4f(past[(frame.x * params.P + row) * params.C4 + c4]) + positions[frame.y * params.C4 + c4];
}
