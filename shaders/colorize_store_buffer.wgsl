// Include. Store of colorize: RGBA bytes in a u32.
@group(0) @binding(4) var<storage, read_write> colors: array<u32>; // [H, W]

fn store(index: u32, color: vec4f) {
  colors[index] = pack4x8unorm(color);
}
