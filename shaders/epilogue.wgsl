// Include. Activation of an epilogue, on four channels.
alias yelem = f32;
const ACT: u32 = 0; // 0 none, 1 ReLU, 2 GELU (erf form), 3 ReLU6, 4 hardswish

fn activate(x: vec4f) -> vec4f {
  switch ACT {
    case 1: { return max(x, vec4f(0)); }
    case 2: { return gelu(x); }
    case 3: { return clamp(x, vec4f(0), vec4f(6)); }
    case 4: { return x * clamp(x + 3, vec4f(0), vec4f(6)) / 6; }
    default: { return x; }
  }
}

// x·Φ(x) with erf from Abramowitz & Stegun 7.1.26, |error of erf| <= 1.5e-7.
fn gelu(x: vec4f) -> vec4f {
  let z = abs(x) * 0.70710678118;
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = 0.5 * p * exp(-z * z); // 1 - Φ(|x|)
  return x * select(tail, 1.0 - tail, x > vec4f(0));
}
