// Include. softplus(x) = ln(1 + e^x), which is x from 20 on, as in PyTorch.
fn softplus(x: vec4f) -> vec4f {
  let u = exp(-abs(x));
  // ln(1 + u), of which 1 + u would drop the digits where u is small.
  let series = u * (1 - u * (0.5 - u * (1.0 / 3 - u * (0.25 - u * (0.2 - u * (1.0 / 6 - u * (1.0 / 7 - u / 8)))))));
  return max(x, vec4f(0)) + select(log(1 + u), series, u < vec4f(0.1));
}
