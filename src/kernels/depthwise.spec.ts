import { activationReference } from './activation.spec.js';
import { padding, samePadding } from './conv2d.js';
import { depthwise, type DepthwiseAttrs } from './depthwise.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

function reference(inputs: Tensors, { act, stride, pad }: DepthwiseAttrs, out: { y: TensorType }): { y: Expected } {
  const [x, weight, bias] = [need(inputs, 'x'), need(inputs, 'weight'), need(inputs, 'bias')];
  const [H, W, C] = x.type.shape as [number, number, number];
  const K = weight.type.shape[0] as number;
  const y = blank([
    Math.floor((pad.top + H + pad.bottom - K) / stride) + 1,
    Math.floor((pad.left + W + pad.right - K) / stride) + 1,
    C,
  ]);
  const OW = y.shape[1] as number;
  for (let i = 0; i < y.values.length; i++) {
    const c = i % C;
    const [oy, ox] = [Math.floor(i / C / OW), Math.floor(i / C) % OW];
    let sum = bias.data[c] as number;
    let scale = Math.abs(sum);
    for (let iy = Math.max(0, oy * stride - pad.top); iy < Math.min(H, oy * stride - pad.top + K); iy++) {
      for (let ix = Math.max(0, ox * stride - pad.left); ix < Math.min(W, ox * stride - pad.left + K); ix++) {
        const tap = (iy - oy * stride + pad.top) * K + ix - ox * stride + pad.left;
        const product = (x.data[(iy * W + ix) * C + c] as number) * (weight.data[tap * C + c] as number);
        sum += product;
        scale += Math.abs(product);
      }
    }
    y.values[i] = saturate(activationReference(act, sum), out.y);
    y.magnitude[i] = scale;
  }
  return { y };
}

const shapes = (H: number, W: number, C: number, K: number) => ({ x: [H, W, C], weight: [K, K, C], bias: [C] });
const same = (H: number, W: number, K: number, stride: number) => ({ stride, pad: samePadding(H, W, K, stride) });

export const depthwiseSpec = defineSpec({
  op: depthwise,
  longKernels: ['split'],
  gate: 8,
  half: ['x', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: '3×3: one pixel', inputs: shapes(1, 1, 4, 3), attrs: same(1, 1, 3, 1), half: false },
    { name: '3×3: tile - 1, prime height', inputs: shapes(7, 3, 8, 3), attrs: same(7, 3, 3, 1), half: false },
    { name: '3×3: tile + 1, odd channel tiles', inputs: shapes(4, 5, 20, 3), attrs: same(4, 5, 3, 1) },
    {
      name: 'outliers: f16 saturates',
      inputs: shapes(4, 5, 20, 3),
      attrs: same(4, 5, 3, 1),
      fill: { x: 'outliers', weight: (next) => 800 * next() - 400 },
    },
    { name: '3×3: strip + 1, its height + 1', inputs: shapes(33, 9, 8, 3), attrs: same(33, 9, 3, 1), half: false },
    { name: '3×3 stride 2, SAME', inputs: shapes(10, 14, 12, 3), attrs: same(10, 14, 3, 2), half: false },
    {
      name: '3×3 stride 2, odd, symmetric pad',
      inputs: shapes(5, 9, 12, 3),
      attrs: { stride: 2, pad: padding(1) },
      half: false,
    },
    {
      name: '5×5, ReLU6',
      inputs: shapes(6, 11, 8, 5),
      attrs: { ...same(6, 11, 5, 1), act: 'relu6' },
      fill: { bias: (next) => 12 * next() - 2 },
    },
    { name: '5×5 stride 2, SAME, tall', inputs: shapes(16, 6, 8, 5), attrs: same(16, 6, 5, 2), half: false },
    {
      name: '5×5 stride 2 of a map smaller than the kernel',
      inputs: shapes(2, 3, 8, 5),
      attrs: same(2, 3, 5, 2),
      half: false,
    },
  ],
  perf: [
    {
      name: 'MiDaS small 256: stage 1, 3×3 stride 2',
      inputs: shapes(128, 128, 144, 3),
      attrs: { ...same(128, 128, 3, 2), act: 'relu6' },
    },
    {
      name: 'MiDaS small 256: stage 1, 3×3',
      inputs: shapes(64, 64, 192, 3),
      attrs: { ...same(64, 64, 3, 1), act: 'relu6' },
    },
    {
      name: 'MiDaS small 256: stage 4, 5×5',
      inputs: shapes(16, 16, 816, 5),
      attrs: { ...same(16, 16, 5, 1), act: 'relu6' },
    },
    {
      name: 'MiDaS small 256: stage 5, 5×5',
      inputs: shapes(8, 8, 1392, 5),
      attrs: { ...same(8, 8, 5, 1), act: 'relu6' },
    },
  ],
});
