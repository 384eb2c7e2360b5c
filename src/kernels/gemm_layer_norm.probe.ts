import type { GemmLayerNormAttrs } from './gemm_layer_norm.js';
import { products, wholes, type Probe, type Probes } from './probe.js';

const EPS = 1e-6;

export const gemmLayerNormProbes: Probes<GemmLayerNormAttrs> = (storage) => [
  normalizedProduct(storage, [33, 40, 24], 'sum'),
  normalizedProduct(storage, [33, 40, 24], 'y'),
  normalizedProduct(storage, [37, 280, 256], 'sum'),
  normalizedProduct(storage, [37, 280, 256], 'y'),
];

/** A product with whole numbers for its epilogue: the sums are exact, and their rows normalised nearly so. */
function normalizedProduct(
  dtype: 'f32' | 'f16',
  [M, K, N]: readonly [number, number, number],
  output: 'sum' | 'y',
): Probe<GemmLayerNormAttrs> {
  const answer = (run: number) => {
    const { x, weight, bias, y: product } = products(run, [M, 1, K, N, 1]);
    const [gamma, residual, norm] = [wholes(N, run, 2), wholes(M * N, run, 9), wholes(2 * N, run + 1, 4)];
    const sum = residual.map((value, i) => value + (gamma[i % N] as number) * (product[i] as number));
    return {
      inputs: { x, weight, affine: Float32Array.of(...bias, ...gamma), residual, norm },
      output: output === 'sum' ? sum : normalized(sum, norm, N),
    };
  };
  return {
    inputs: {
      x: { dtype, shape: [M, K] },
      weight: { dtype, shape: [K, N] },
      affine: { dtype: 'f32', shape: [2, N] },
      residual: { dtype: 'f32', shape: [M, N] },
      norm: { dtype: 'f32', shape: [2, N] },
    },
    attrs: { eps: EPS, out: 'f32' },
    answer,
    output,
    tolerance: output === 'sum' ? 0 : 1e-4,
  };
}

/** Rows of N values with mean 0 and variance 1, times norm[0,N], plus norm[1,N]. */
function normalized(rows: Float32Array, norm: Float32Array, N: number): Float32Array {
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += N) {
    const row = rows.subarray(at, at + N);
    const mean = row.reduce((sum, value) => sum + value, 0) / N;
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / N + EPS);
    out.set(
      row.map((value, i) => ((value - mean) / deviation) * (norm[i] as number) + (norm[N + i] as number)),
      at,
    );
  }
  return out;
}
