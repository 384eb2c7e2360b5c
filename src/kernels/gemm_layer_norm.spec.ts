import type { TensorType } from '../tensor.js';
import { gemmLayerNorm, type GemmLayerNormAttrs, type GemmLayerNormInputs } from './gemm_layer_norm.js';
import { defineSpec, type Expected, type Tensor } from './spec.js';

type Outputs = { sum: TensorType; y: TensorType };
type Inputs = Readonly<Record<'x' | 'weight' | 'bias' | 'residual' | 'gamma' | 'norm', Tensor>>;

function reference(tensors: Readonly<Record<string, Tensor>>, { eps }: GemmLayerNormAttrs, { y }: Outputs): { sum: Expected; y: Expected } {
  const { x, weight, bias, residual, gamma, norm } = tensors as Inputs;
  const [K, N] = weight.type.shape as [number, number];
  const M = y.shape[0] as number;
  const sum = { shape: y.shape, values: new Float64Array(M * N), magnitude: new Float64Array(M * N) };
  const normed = { shape: y.shape, values: new Float64Array(M * N), magnitude: new Float64Array(M * N) };
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let product = bias.data[n] as number;
      let scale = Math.abs(product);
      for (let k = 0; k < K; k++) {
        const term = (x.data[m * K + k] as number) * (weight.data[k * N + n] as number);
        product += term;
        scale += Math.abs(term);
      }
      const at = m * N + n;
      sum.values[at] = (residual.data[at] as number) + (gamma.data[n] as number) * product;
      sum.magnitude[at] = Math.abs(residual.data[at] as number) + Math.abs(gamma.data[n] as number) * scale;
    }
    const row = sum.values.subarray(m * N, m * N + N);
    const mean = row.reduce((total, v) => total + v, 0) / N;
    const deviation = Math.sqrt(row.reduce((total, v) => total + (v - mean) ** 2, 0) / N + eps);
    const largest = Math.max(...sum.magnitude.subarray(m * N, m * N + N));
    for (let n = 0; n < N; n++) {
      const at = m * N + n;
      const g = norm.data[n] as number;
      normed.values[at] = ((row[n]! - mean) / deviation) * g + (norm.data[N + n] as number);
      // The error of the row's sums, divided by the deviation like the values, besides the rounding of the value itself.
      normed.magnitude[at] = Math.abs(g) * (largest / deviation + Math.abs((row[n]! - mean) / deviation)) + Math.abs(norm.data[N + n] as number);
    }
  }
  return { sum, y: normed };
}

const layer = (M: number, K: number, N: number) => ({ x: [M, K], weight: [K, N], bias: [N], residual: [M, N], gamma: [N], norm: [2, N] });

export const gemmLayerNormSpec = defineSpec<GemmLayerNormInputs, Outputs, GemmLayerNormAttrs>({
  op: gemmLayerNorm,
  gate: 8,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row, one column of workers', inputs: layer(1, 4, 4), attrs: { eps: 1e-6 } },
    { name: 'prime rows, odd columns', inputs: layer(37, 20, 44), attrs: { eps: 1e-6 } },
    { name: 'rows + 1, same pipeline', inputs: layer(5, 8, 44), attrs: { eps: 0.5 } },
  ],
  perf: [
    { name: 'Depth Anything small 518: proj', inputs: layer(1370, 384, 384), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything small 518: fc2', inputs: layer(1370, 1536, 384), attrs: { eps: 1e-6 } },
    { name: 'Depth Anything large 518: proj', inputs: layer(1370, 1024, 1024), attrs: { eps: 1e-6 } },
  ],
});
