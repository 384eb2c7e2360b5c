// Include. Store of colorize: a texture W wide.
alias texels = texture_storage_2d<rgba8unorm, write>;
@group(0) @binding(4) var colors: texels;

fn store(index: u32, color: vec4f) {
  textureStore(colors, vec2u(index % params.W, index / params.W), color);
}
