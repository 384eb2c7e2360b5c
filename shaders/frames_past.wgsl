// Include. The clip that temporal_attention sees: `frames` holds how many frames there are beside the one at hand, the
// place of that one, and from the fifth value on the slots in `past` of the frames at each place.
@group(0) @binding(4) var<storage, read> past: array<vec4<xelem>>; // [slots, P, C/4]
@group(0) @binding(5) var<storage, read> frames: array<u32>; // [4 + PLACES]

fn others() -> u32 { return min(frames[0], PLACES - 1); }
fn own_place() -> u32 { return min(frames[1], PLACES - 1); }
fn slot(place: u32) -> u32 { return frames[4 + place]; }
fn past_row(at: u32) -> vec4f { return vec4f(past[at]); }
