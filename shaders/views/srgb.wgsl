// Include. Between sRGB values and linear light, 0…1 (IEC 61966-2-1).
fn to_linear(c: vec3f) -> vec3f {
  return select(pow((c + 0.055) / 1.055, vec3f(2.4)), c / 12.92, c <= vec3f(0.04045));
}

fn to_srgb(c: vec3f) -> vec3f {
  return select(1.055 * pow(c, vec3f(1 / 2.4)) - 0.055, c * 12.92, c <= vec3f(0.0031308));
}
