// Include. Loader of attention whose queries are other tokens than its keys and values: q[TQ, HEADS·K4],
// kv[TK, HEADS·(K4 + V4)], the keys of all heads before the values.
alias xelem = f32;
@group(0) @binding(1) var<storage, read> q: array<vec4<xelem>>;
@group(0) @binding(4) var<storage, read> kv: array<vec4<xelem>>;

// First vectors of a token's query, key and value of a head.
fn query_at(token: u32, head: u32) -> u32 { return token * (params.HEADS * K4) + head * K4; }
fn key_at(token: u32, head: u32) -> u32 { return token * (params.HEADS * (K4 + V4)) + head * K4; }
fn value_at(token: u32, head: u32) -> u32 { return key_at(token, params.HEADS) + head * V4; }
fn query(at: u32) -> vec4f { return vec4f(q[at]); }
fn key(at: u32) -> vec4f { return vec4f(kv[at]); }
fn value(at: u32) -> vec4f { return vec4f(kv[at]); }
