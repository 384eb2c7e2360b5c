import type { Activation } from './store.js';

/** Exact GELU x·Φ(x). */
export function geluReference(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** erf(x) = 2/√π · exp(-x²) · Σ 2ⁿ·x²ⁿ⁺¹/(2n+1)!!, every term positive, so nothing cancels. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  let term = z;
  let sum = z;
  for (let n = 1; n < 300; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (Math.sign(x) * 2 * Math.exp(-z * z) * sum) / Math.sqrt(Math.PI);
}

/** The activation of an epilogue, in f64. */
export function activationReference(act: Activation = 'none', x: number): number {
  if (act === 'relu') return Math.max(x, 0);
  if (act === 'relu6') return Math.min(Math.max(x, 0), 6);
  if (act === 'hardswish') return (x * Math.min(Math.max(x + 3, 0), 6)) / 6;
  return act === 'gelu' ? geluReference(x) : x;
}
