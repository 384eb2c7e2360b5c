import type { TensorType } from '../tensor.js';
import { gemm } from './gemm.js';
import { defineSpec, type Expected, type Tensor } from './spec.js';
import type { StoreAttrs } from './store.js';

/** Exact GELU x·Φ(x), erf by its Maclaurin series or continued fraction in f64. */
export function geluReference(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  let term = z;
  let sum = z;
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}

/** The activation of an epilogue, in f64. */
export function activationReference(act: StoreAttrs['act'], x: number): number {
  if (act === 'relu') return Math.max(x, 0);
  if (act === 'relu6') return Math.min(Math.max(x, 0), 6);
  return act === 'gelu' ? geluReference(x) : x;
}

function reference(inputs: Readonly<Record<string, Tensor>>, { act }: StoreAttrs, { y }: { y: TensorType }): { y: Expected } {
  const { x, weight, bias, residual, gamma } = inputs as Record<string, Tensor> & { x: Tensor; weight: Tensor; bias: Tensor };
  const [K, N] = weight.type.shape as [number, number];
  const size = y.shape.reduce((n, d) => n * d, 1);
  const values = new Float64Array(size);
  const magnitude = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const [m, n] = [Math.floor(i / N), i % N];
    let sum = bias.data[n] as number;
    let scale = Math.abs(sum);
    for (let k = 0; k < K; k++) {
      const product = (x.data[m * K + k] as number) * (weight.data[k * N + n] as number);
      sum += product;
      scale += Math.abs(product);
    }
    const g = gamma ? (gamma.data[n] as number) : 1;
    const r = residual ? (residual.data[i] as number) : 0;
    values[i] = r + g * activationReference(act, sum);
    magnitude[i] = Math.abs(r) + Math.abs(g) * scale;
  }
  return { y: { values, magnitude } };
}

const linear = (M: number, K: number, N: number) => ({ x: [M, K], weight: [K, N], bias: [N] });

export const gemmSpec = defineSpec({
  op: gemm,
  gate: 8,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row', inputs: linear(1, 4, 4), attrs: {} },
    { name: 'tile - 1', inputs: linear(3, 8, 8), attrs: {} },
    { name: 'tile + 1, prime rows', inputs: linear(5, 12, 12), attrs: { act: 'relu' } },
    { name: 'prime rows, odd column tiles', inputs: linear(37, 20, 28), attrs: { act: 'gelu' } },
    { name: 'ReLU6', inputs: linear(7, 64, 8), attrs: { act: 'relu6' } },
    { name: 'residual', inputs: { ...linear(19, 24, 20), residual: [19, 20] }, attrs: { act: 'gelu' } },
    { name: 'LayerScale and residual', inputs: { ...linear(10, 384, 36), residual: [10, 36], gamma: [36] }, attrs: {} },
    { name: 'one-signed, long sum', inputs: linear(2, 1536, 8), attrs: {}, fill: 'positive' },
    { name: 'a map of pixels', inputs: { x: [5, 3, 16], weight: [16, 12], bias: [12] }, attrs: {} },
  ],
  perf: [
    { name: 'Depth Anything small 518: qkv', inputs: linear(1370, 384, 1152), attrs: {} },
    { name: 'Depth Anything small 518: fc1', inputs: linear(1370, 384, 1536), attrs: { act: 'gelu' } },
    { name: 'Depth Anything small 518: fc2', inputs: { ...linear(1370, 1536, 384), residual: [1370, 384], gamma: [384] }, attrs: {} },
    { name: 'Depth Anything large 518: fc1', inputs: linear(1370, 1024, 4096), attrs: { act: 'gelu' } },
    { name: 'MiDaS small 256: expand', inputs: { x: [16, 16, 136], weight: [136, 816], bias: [816] }, attrs: { act: 'relu6' } },
  ],
});
