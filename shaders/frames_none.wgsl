// Include. The clip of temporal_attention is the frame at hand.
fn others() -> u32 { return 0; }
fn own_place() -> u32 { return 0; }
fn slot(place: u32) -> u32 { return 0; }
fn past_row(at: u32) -> vec4f { return vec4f(0); }
