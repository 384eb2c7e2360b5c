import { activationReference } from './activation.spec.js';
import { samePadding } from './conv2d.js';
import { depthwiseSpec } from './depthwise.spec.js';
import { separable, type SeparableAttrs } from './separable.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

function reference(inputs: Tensors, { stride, pad }: SeparableAttrs, out: { y: TensorType }): { y: Expected } {
  const [x, kernel, shift, weight, bias] = ['x', 'kernel', 'shift', 'weight', 'bias'].map((name) =>
    need(inputs, name),
  ) as [Tensors[string], Tensors[string], Tensors[string], Tensors[string], Tensors[string]];
  const type: TensorType = { dtype: 'f32', shape: [] };
  const sums = depthwiseSpec.reference({ x, weight: kernel, bias: shift }, { act: 'none', stride, pad }, { y: type })[
    'y'
  ] as Expected;
  const [C, N] = weight.type.shape as [number, number];
  const y = blank([...sums.shape.slice(0, 2), N]);
  for (let i = 0; i < y.values.length; i++) {
    const [pixel, n] = [Math.floor(i / N), i % N];
    let sum = bias.data[n] as number;
    let scale = Math.abs(sum);
    for (let c = 0; c < C; c++) {
      const w = weight.data[c * N + n] as number;
      sum += w * activationReference('relu6', sums.values[pixel * C + c] as number);
      scale += Math.abs(w) * (sums.magnitude[pixel * C + c] as number);
    }
    const r = inputs.residual?.data[i] ?? 0;
    y.values[i] = saturate(r + sum, out.y);
    y.magnitude[i] = Math.abs(r) + scale;
  }
  return { y };
}

const shapes = (H: number, W: number, C: number, K: number, N: number) => ({
  x: [H, W, C],
  kernel: [K, K, C],
  shift: [C],
  weight: [C, N],
  bias: [N],
});
const same = (H: number, W: number, K: number, stride: number) => ({ stride, pad: samePadding(H, W, K, stride) });
/** Sums on both sides of the bounds of ReLU6. */
const spread = { shift: (next: () => number) => 12 * next() - 2 };

export const separableSpec = defineSpec({
  op: separable,
  longKernels: ['split'],
  gate: 8,
  half: ['x', 'kernel', 'weight', 'residual'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  // Few, as their pipelines take long to compile on a software adapter; the models have the others.
  cases: [
    {
      name: '3×3: one pixel',
      inputs: { ...shapes(1, 1, 4, 3, 8), residual: [1, 1, 8] },
      attrs: same(1, 1, 3, 1),
      fill: spread,
      half: false,
    },
    {
      name: '3×3: row tiles + 1, channels past a subgroup',
      inputs: { ...shapes(3, 17, 36, 3, 16), residual: [3, 17, 16] },
      attrs: same(3, 17, 3, 1),
      fill: spread,
    },
    {
      name: '5×5 stride 2, SAME',
      inputs: shapes(10, 14, 8, 5, 8),
      attrs: same(10, 14, 5, 2),
      fill: spread,
      half: false,
    },
    {
      name: '3×3: wide, sums shared',
      inputs: { ...shapes(3, 5, 64, 3, 36), residual: [3, 5, 36] },
      attrs: same(3, 5, 3, 1),
      fill: spread,
      half: false,
    },
  ],
  perf: [
    { name: 'MiDaS small 256: stage 0, 3×3', inputs: shapes(128, 128, 32, 3, 24), attrs: same(128, 128, 3, 1) },
    {
      name: 'MiDaS small 256: stage 1, 3×3 stride 2',
      inputs: shapes(128, 128, 144, 3, 32),
      attrs: same(128, 128, 3, 2),
    },
    {
      name: 'MiDaS small 256: stage 1, 3×3',
      inputs: { ...shapes(64, 64, 192, 3, 32), residual: [64, 64, 32] },
      attrs: same(64, 64, 3, 1),
    },
    {
      name: 'MiDaS small 256: stage 2, 5×5',
      inputs: { ...shapes(32, 32, 288, 5, 48), residual: [32, 32, 48] },
      attrs: same(32, 32, 5, 1),
    },
  ],
});
