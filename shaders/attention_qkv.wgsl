// Include. Loader of attention: queries, keys and values of a token side by side, qkv[T, HEADS·(K4 + K4 + V4)].
alias xelem = f32;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<xelem>>;

// First vectors of a token's query, key and value of a head.
fn query_at(token: u32, head: u32) -> u32 { return token * (params.HEADS * (2 * K4 + V4)) + head * K4; }
fn key_at(token: u32, head: u32) -> u32 { return query_at(token, params.HEADS + head); }
fn value_at(token: u32, head: u32) -> u32 { return query_at(token, 2 * params.HEADS) + head * V4; }
fn query(at: u32) -> vec4f { return vec4f(qkv[at]); }
fn key(at: u32) -> vec4f { return vec4f(qkv[at]); }
fn value(at: u32) -> vec4f { return vec4f(qkv[at]); }
