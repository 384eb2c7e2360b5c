// Points of a scene as squares that face the camera. Each is as large as its pixel is where it lies, times a part.
struct View {
  matrix: mat4x4f, // of points, y up and the camera along -z, to clip space
  half: vec2f, // half a square at a distance of 1, in clip space
}
@group(0) @binding(0) var<uniform> view: View;

struct Varyings {
  @builtin(position) position: vec4f,
  @location(0) color: vec4f,
}

@vertex
fn vertex_main(@builtin(vertex_index) corner: u32, @location(0) place: vec3f, @location(1) color: vec4f) -> Varyings {
  let side = vec2f(f32(corner & 1), f32(corner >> 1)) * 2 - 1;
  var out: Varyings;
  out.position = view.matrix * vec4f(place, 1) + vec4f(side * view.half * -place.z, 0, 0);
  // Left-out points lie where nothing is drawn.
  if (color.a == 0) {
    out.position = vec4f(2, 2, 2, 1);
  }
  out.color = color;
  return out;
}

@fragment
fn fragment_main(in: Varyings) -> @location(0) vec4f {
  return in.color;
}
