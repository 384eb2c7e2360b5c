import {
  gemmLayerNorm,
  type GemmLayerNormAttrs,
  type GemmLayerNormInputs,
  type GemmLayerNormOutputs,
} from './gemm_layer_norm.js';
import { defineSpec, type Expected, type Tensor } from './spec.js';

type Inputs = Readonly<Record<'x' | 'weight' | 'affine' | 'residual' | 'norm', Tensor>>;

function reference(
  tensors: Readonly<Record<string, Tensor>>,
  { eps }: GemmLayerNormAttrs,
  { y }: GemmLayerNormOutputs,
): Readonly<Record<string, Expected>> {
  const { x, weight, affine, residual, norm } = tensors as Inputs;
  const [K, N] = weight.type.shape as [number, number];
  const M = y.shape[0] as number;
  const sum = { shape: y.shape, values: new Float64Array(M * N), magnitude: new Float64Array(M * N) };
  const norms = Array.from({ length: (norm.type.shape[0] as number) / 2 }, () => ({
    shape: y.shape,
    values: new Float64Array(M * N),
    magnitude: new Float64Array(M * N),
  }));
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let product = affine.data[n] as number;
      let scale = Math.abs(product);
      for (let k = 0; k < K; k++) {
        const term = (x.data[m * K + k] as number) * (weight.data[k * N + n] as number);
        product += term;
        scale += Math.abs(term);
      }
      const at = m * N + n;
      sum.values[at] = (residual.data[at] as number) + (affine.data[N + n] as number) * product;
      sum.magnitude[at] = Math.abs(residual.data[at] as number) + Math.abs(affine.data[N + n] as number) * scale;
    }
    const row = sum.values.subarray(m * N, m * N + N);
    const mean = row.reduce((total, v) => total + v, 0) / N;
    const deviation = Math.sqrt(row.reduce((total, v) => total + (v - mean) ** 2, 0) / N + eps);
    const largest = Math.max(...sum.magnitude.subarray(m * N, m * N + N));
    norms.forEach((normed, which) => {
      for (let n = 0; n < N; n++) {
        const at = m * N + n;
        const [g, shift] = [norm.data[2 * which * N + n] as number, norm.data[(2 * which + 1) * N + n] as number];
        const value = (row[n]! - mean) / deviation;
        normed.values[at] = value * g + shift;
        // The error of the row's sums, divided by the deviation like the values, besides the rounding of the value
        // itself.
        normed.magnitude[at] = Math.abs(g) * (largest / deviation + Math.abs(value)) + Math.abs(shift);
      }
    });
  }
  const [first, second] = norms as [Expected, Expected | undefined];
  return { sum, y: first, ...(second ? { tap: second } : {}) };
}

const layer = (M: number, K: number, N: number) => ({
  x: [M, K],
  weight: [K, N],
  affine: [2, N],
  residual: [M, N],
  norm: [2, N],
});

export const gemmLayerNormSpec = defineSpec<GemmLayerNormInputs, GemmLayerNormOutputs, GemmLayerNormAttrs>({
  op: gemmLayerNorm,
  gate: 8,
  longKernels: ['tiled'],
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row, one column of workers', inputs: layer(1, 4, 4), attrs: { eps: 1e-6 } },
    { name: 'prime rows, odd columns', inputs: layer(37, 20, 44), attrs: { eps: 1e-6 } },
    { name: 'two norms', inputs: { ...layer(6, 20, 44), norm: [4, 44] }, attrs: { eps: 1e-6 } },
    { name: 'rows + 1, same pipeline', inputs: layer(5, 8, 44), attrs: { eps: 0.5 } },
    { name: 'prime rows, nine subgroups of columns', inputs: layer(37, 20, 288), attrs: { eps: 1e-6 } },
    { name: 'more columns than invocations', inputs: layer(6, 8, 516), attrs: { eps: 1e-6 } },
    { name: 'three steps of tiles, the last one short', inputs: layer(9, 268, 256), attrs: { eps: 1e-6 } },
    { name: 'as many columns as there may be', inputs: layer(3, 8, 1024), attrs: { eps: 1e-6 } },
    {
      name: 'two norms, eight subgroups of columns',
      inputs: { ...layer(17, 40, 256), norm: [4, 256] },
      attrs: { eps: 1e-6 },
      half: false,
    },
  ],
  perf: [
    { name: 'Depth Anything small 518: proj', inputs: layer(1370, 384, 384), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything small 518: fc2', inputs: layer(1370, 1536, 384), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything large 518: proj', inputs: layer(1370, 1024, 1024), attrs: { eps: 1e-6 } },
  ],
});
