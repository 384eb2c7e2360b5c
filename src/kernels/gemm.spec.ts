import { activationReference } from './activation.spec.js';
import { gemm, type GemmAttrs } from './gemm.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

function reference(inputs: Tensors, { act, rows = 'all' }: GemmAttrs, out: { y: TensorType }): { y: Expected } {
  const [x, weight, bias] = [need(inputs, 'x'), need(inputs, 'weight'), need(inputs, 'bias')];
  const [K, N] = weight.type.shape as [number, number];
  const skip = rows === 'patches' ? 1 : 0;
  const M = { all: x.type.shape.slice(0, -1), patches: [(x.type.shape[0] as number) - 1], class: [1] }[rows];
  const y = blank([...M, N]);
  for (let i = 0; i < y.values.length; i++) {
    const [m, n] = [Math.floor(i / N), i % N];
    let sum = bias.data[n] as number;
    let scale = Math.abs(sum);
    for (let k = 0; k < K; k++) {
      const product = (x.data[(m + skip) * K + k] as number) * (weight.data[k * N + n] as number);
      sum += product;
      scale += Math.abs(product);
    }
    const g = inputs.gamma?.data[n] ?? 1;
    const r = inputs.residual?.data[i] ?? 0;
    y.values[i] = saturate(r + g * activationReference(act, sum), out.y);
    y.magnitude[i] = Math.abs(r) + Math.abs(g) * scale;
  }
  return { y };
}

const linear = (M: number, K: number, N: number) => ({ x: [M, K], weight: [K, N], bias: [N] });

export const gemmSpec = defineSpec({
  op: gemm,
  longKernels: ['split'],
  gate: 8,
  run: 16,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row', inputs: linear(1, 4, 4), attrs: {} },
    { name: 'tile - 1', inputs: linear(3, 8, 8), attrs: {} },
    { name: 'tile + 1, prime rows', inputs: linear(5, 12, 12), attrs: { act: 'relu' }, half: false },
    { name: 'prime rows, odd column tiles', inputs: linear(37, 20, 28), attrs: { act: 'gelu' } },
    {
      name: 'GELU of large sums',
      inputs: linear(3, 4, 28),
      attrs: { act: 'gelu' },
      fill: { bias: (next) => 40 * next() - 20 },
    },
    {
      name: 'ReLU6',
      inputs: linear(7, 64, 8),
      attrs: { act: 'relu6' },
      fill: { bias: (next) => 12 * next() - 2 },
      half: false,
    },
    {
      name: 'hardswish',
      inputs: linear(7, 64, 8),
      attrs: { act: 'hardswish' },
      fill: { bias: (next) => 16 * next() - 8 },
      half: false,
    },
    { name: 'without the class token', inputs: linear(6, 8, 8), attrs: { rows: 'patches' }, half: false },
    { name: 'the class token alone', inputs: linear(6, 8, 8), attrs: { rows: 'class' }, half: false },
    { name: 'residual', inputs: { ...linear(19, 24, 20), residual: [19, 20] }, attrs: { act: 'gelu' }, half: false },
    {
      name: 'residual, no activation',
      inputs: { ...linear(6, 24, 20), residual: [6, 20] },
      attrs: {},
      half: ['x', 'weight', 'residual'],
    },
    { name: 'LayerScale and residual', inputs: { ...linear(10, 384, 36), residual: [10, 36], gamma: [36] }, attrs: {} },
    {
      name: 'LayerScale on a residual stream with outliers',
      inputs: { ...linear(3, 8, 36), residual: [3, 36], gamma: [36] },
      attrs: {},
      fill: { residual: 'outliers' },
      half: false,
    },
    {
      name: 'LayerScale of sums past f16',
      inputs: { ...linear(9, 40, 8), residual: [9, 8], gamma: [8] },
      attrs: {},
      fill: { x: 'outliers', weight: 'outliers' },
    },
    { name: 'one-signed, long sum', inputs: linear(2, 1536, 8), attrs: {}, fill: 'positive' },
    { name: 'one-signed, a tile of rows', inputs: linear(9, 384, 8), attrs: {}, fill: 'positive' },
    { name: 'outliers: f16 saturates', inputs: linear(9, 40, 8), attrs: {}, fill: 'outliers' },
    { name: 'a map of pixels', inputs: { x: [5, 3, 16], weight: [16, 12], bias: [12] }, attrs: {}, half: false },
    {
      name: 'the shape a driver got wrong (tracel-ai/burn#4355)',
      inputs: linear(257, 384, 1152),
      attrs: {},
      half: false,
    },
    { name: 'many tiles, of which the last has one row', inputs: linear(2049, 20, 964), attrs: {} },
  ],
  perf: [
    { name: 'Depth Anything small 518: qkv', inputs: linear(1370, 384, 1152), attrs: {} },
    {
      name: 'Depth Anything small 518: projection',
      inputs: { ...linear(1370, 384, 384), residual: [1370, 384], gamma: [384] },
      attrs: {},
    },
    { name: 'Depth Anything small 518: fc1', inputs: linear(1370, 384, 1536), attrs: { act: 'gelu' } },
    {
      name: 'Depth Anything small 518: fc2',
      inputs: { ...linear(1370, 1536, 384), residual: [1370, 384], gamma: [384] },
      attrs: {},
    },
    { name: 'Depth Anything base 518: fc1', inputs: linear(1370, 768, 3072), attrs: { act: 'gelu' } },
    { name: 'Depth Anything large 518: qkv', inputs: linear(1370, 1024, 3072), attrs: {} },
    { name: 'Depth Anything large 518: fc1', inputs: linear(1370, 1024, 4096), attrs: { act: 'gelu' } },
    {
      name: 'Depth Anything large 518: fc2',
      inputs: { ...linear(1370, 4096, 1024), residual: [1370, 1024], gamma: [1024] },
      attrs: {},
    },
    {
      name: 'MiDaS small 256: expand',
      inputs: { x: [16, 16, 136], weight: [136, 816], bias: [816] },
      attrs: { act: 'relu6' },
    },
    {
      name: 'MiDaS small 256: project',
      inputs: { x: [16, 16, 816], weight: [816, 136], bias: [136], residual: [16, 16, 136] },
      attrs: {},
    },
  ],
});
