import type { HeadAttrs } from './head.js';
import { products, wholes, type ConvDims, type Probe, type Probes } from './probe.js';

export const headProbes: Probes<HeadAttrs> = (storage) => [
  unresized(storage, [7, 9, 8, 12, 3]),
  unresized(storage, [17, 9, 8, 32, 3]),
];

/** The head of a map that is resized to its own sides, which changes no value. */
function unresized(dtype: 'f32' | 'f16', dims: ConvDims): Probe<HeadAttrs> {
  const [H, W, C, N] = dims;
  return {
    inputs: {
      low: { dtype, shape: [H, W, C] },
      weight1: { dtype, shape: [3, 3, C, N] },
      bias1: { dtype: 'f32', shape: [N] },
      weight2: { dtype: 'f32', shape: [N] },
      bias2: { dtype: 'f32', shape: [4] },
    },
    attrs: { size: [H, W], alignCorners: true, final: { kind: 'relu' } },
    answer: (run) => {
      const { x: low, weight: weight1, bias: bias1, y } = products(run, dims);
      const [weight2, bias2] = [wholes(N, run, 2), wholes(4, run, 9)];
      const output = Float32Array.from({ length: H * W }, (_, pixel) => {
        const last = (sum: number, weight: number, n: number) => sum + Math.max(y[pixel * N + n] as number, 0) * weight;
        return Math.max(weight2.reduce(last, bias2[0] as number), 0);
      });
      return { inputs: { low, weight1, bias1, weight2, bias2 }, output };
    },
    output: 'depth',
    tolerance: 0,
  };
}
