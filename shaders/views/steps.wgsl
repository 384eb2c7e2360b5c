// Include. When two neighbours are on two surfaces, by their inverse depths.
// Two pixels are a step apart where the ratio of their depths is over RATIO and their inverse depths differ by more
// than LEAST. The second keeps floors whole near the horizon, where the ratio alone would cut them into strips.
// Left-out pixels are a surface of their own.
fn is_step(a: f32, b: f32, least: f32, ratio: f32) -> bool {
  if (a < 0 || b < 0) { return (a < 0) != (b < 0); }
  let near = max(a, b);
  let far = min(a, b);
  return near > ratio * far && near - far > least;
}
