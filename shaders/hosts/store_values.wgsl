// target[H,W] = values[H,W], for targets that no compute shader may write: one channel, a depth buffer, a canvas.
@group(0) @binding(0) var values: texture_2d<f32>;

// A triangle over the whole target.
@vertex
fn vertex_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32((index & 1) * 4) - 1, f32((index & 2) * 2) - 1, 0, 1);
}

// Held to the finite range of f16; what is not finite stays so.
@fragment
fn value_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let bits = bitcast<u32>(textureLoad(values, vec2u(position.xy), 0).r);
  let value = bitcast<f32>(bits);
  if ((bits & 0x7f800000u) == 0x7f800000u) { return vec4f(value, 0, 0, 1); }
  return vec4f(clamp(value, -65504, 65504), 0, 0, 1);
}

@fragment
fn depth_main(@builtin(position) position: vec4f) -> @builtin(frag_depth) f32 {
  return textureLoad(values, vec2u(position.xy), 0).r;
}

@fragment
fn color_main(@builtin(position) position: vec4f) -> @location(0) vec4f {
  return textureLoad(values, vec2u(position.xy), 0);
}
