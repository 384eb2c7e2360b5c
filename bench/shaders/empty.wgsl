// Cost of a dispatch: one invocation that stores one value, so that dispatches in a pass wait for each other as a
// network's do.
@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(1)
fn main() {
  y[0] = vec4f(1.0);
}
