// Include. Which tokens of attention meet, and what their places add to a score: all see all, and nothing is added.
// Such an include gives each part, a set of tokens that see only each other, by row (`token`), says where a query and a
// key of it lie, once each, and adjusts scores, which are in powers of two, by both places.
fn token(part: u32, i: u32) -> u32 { return i; }
fn query_place(part: u32, i: u32) -> vec2u { return vec2u(0); }
fn key_place(part: u32, i: u32) -> vec2u { return vec2u(0); }
fn adjusted(score: f32, q: vec2u, k: vec2u, head: u32) -> f32 { return score; }
