import type { TensorType } from '../tensor.js';
import { activationReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { conv2d, padding, samePadding, type ConvAttrs } from './conv2d.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

/** Convolution sums with bias of a map given as values and magnitudes, before any activation. */
export function convReference(
  x: Expected,
  weight: Tensors[string],
  bias: Tensors[string],
  { stride, pad, groups = 1 }: Pick<ConvAttrs, 'stride' | 'pad' | 'groups'>,
): Expected {
  const [H, W, C] = x.shape as [number, number, number];
  const [KH, KW, , N] = weight.type.shape as [number, number, number, number];
  const OH = Math.floor((pad.top + H + pad.bottom - KH) / stride) + 1;
  const OW = Math.floor((pad.left + W + pad.right - KW) / stride) + 1;
  const y = blank([OH, OW, N]);
  for (let oy = 0; oy < OH; oy++) {
    for (let ox = 0; ox < OW; ox++) {
      for (let n = 0; n < N; n++) {
        let sum = bias.data[n] as number;
        let scale = Math.abs(sum);
        for (let ky = 0; ky < KH; ky++) {
          const iy = oy * stride + ky - pad.top;
          for (let kx = 0; kx < KW; kx++) {
            const ix = ox * stride + kx - pad.left;
            if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
            for (let c = 0; c < C / groups; c++) {
              const w = weight.data[(((ky * KW + kx) * C) / groups + c) * N + n] as number;
              const from = (iy * W + ix) * C + Math.floor((n * groups) / N) * (C / groups) + c;
              sum += w * (x.values[from] as number);
              scale += Math.abs(w) * (x.magnitude[from] as number);
            }
          }
        }
        const at = (oy * OW + ox) * N + n;
        y.values[at] = sum;
        y.magnitude[at] = scale;
      }
    }
  }
  return y;
}

function reference(inputs: Tensors, attrs: ConvAttrs, out: { y: TensorType }): { y: Expected } {
  return ended(
    inputs,
    attrs,
    out,
    convReference(read(inputs, attrs), need(inputs, 'weight'), need(inputs, 'bias'), attrs),
  );
}

/** The map as the sums see it. */
function read(inputs: Tensors, { reluInput }: ConvAttrs): Expected {
  const x = need(inputs, 'x');
  const values = reluInput ? x.data.map((v) => Math.max(v, 0)) : x.data;
  return { shape: x.type.shape, values, magnitude: values.map(Math.abs) };
}

/** What becomes of the sums. */
function ended(inputs: Tensors, attrs: ConvAttrs, out: { y: TensorType }, y: Expected): { y: Expected } {
  const [OH, OW] = y.shape as [number, number, number];
  const deeper = inputs.low && bilinearReference(inputs.low, [OH, OW], true);
  y.values.forEach((sum, i) => {
    const r = inputs.residual?.data[i] ?? 0;
    const total = r + activationReference(attrs.act, sum) + (deeper?.values[i] ?? 0);
    y.values[i] = saturate(attrs.reluSum ? Math.max(total, 0) : total, out.y);
    y.magnitude[i] = (y.magnitude[i] as number) + Math.abs(r) + (deeper?.magnitude[i] ?? 0);
  });
  return { y };
}

const shapes = (H: number, W: number, C: number, K: number, N: number) => ({
  x: [H, W, C],
  weight: [K, K, C, N],
  bias: [N],
});
const unit = (side: number, C: number) => ({ ...shapes(side, side, C, 3, C), residual: [side, side, C] });
const same = { stride: 1, pad: padding(1) };
const pixel = { stride: 1, pad: padding(0) };

export const conv2dSpec = defineSpec({
  op: conv2d,
  longKernels: ['tiled', 'split'],
  gate: 8,
  half: ['x', 'weight', 'residual', 'low'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel', inputs: shapes(1, 1, 4, 3, 4), attrs: same, half: false },
    { name: 'row tile - 1', inputs: shapes(2, 3, 4, 3, 8), attrs: same },
    { name: 'row tile + 1, prime height', inputs: shapes(7, 5, 8, 3, 8), attrs: same },
    { name: 'prime sides, odd channel tiles', inputs: shapes(13, 11, 12, 3, 20), attrs: same, half: false },
    {
      name: 'one-signed, a wide row tile + 1',
      inputs: shapes(4, 9, 64, 3, 8),
      attrs: same,
      fill: 'positive',
      half: false,
    },
    { name: 'outliers: f16 saturates', inputs: shapes(4, 9, 8, 3, 8), attrs: same, fill: 'outliers' },
    {
      name: 'a subgroup tile + 1, four different pads',
      inputs: shapes(6, 9, 4, 3, 36),
      attrs: { stride: 1, pad: { top: 2, left: 0, bottom: 1, right: 2 } },
      half: false,
    },
    { name: 'a row of pixels', inputs: shapes(1, 19, 4, 3, 4), attrs: same, half: false },
    { name: 'a column of pixels', inputs: shapes(19, 1, 4, 3, 4), attrs: same, half: false },
    { name: 'stride 2, even', inputs: shapes(8, 6, 8, 3, 12), attrs: { stride: 2, pad: padding(1) }, half: false },
    {
      name: 'stride 2, odd, wide',
      inputs: shapes(5, 19, 8, 3, 12),
      attrs: { stride: 2, pad: padding(1) },
      half: false,
    },
    {
      name: 'stride 2, SAME: zeros below and to the right only',
      inputs: shapes(10, 14, 4, 3, 12),
      attrs: { stride: 2, pad: samePadding(10, 14, 3, 2) },
      half: false,
    },
    {
      name: 'four different pads',
      inputs: shapes(6, 9, 4, 3, 12),
      attrs: { stride: 2, pad: { top: 2, left: 0, bottom: 1, right: 2 } },
      half: false,
    },
    { name: '1×1', inputs: shapes(5, 7, 16, 1, 12), attrs: pixel, half: false },
    {
      name: '1×1, 3 groups of 8 channels, 20 each come out',
      inputs: { x: [5, 7, 24], weight: [1, 1, 8, 60], bias: [60] },
      attrs: { ...pixel, groups: 3 },
    },
    {
      name: '1×1, 4 groups, more than a tile of pixels, different pads',
      inputs: { x: [9, 15, 16], weight: [1, 1, 4, 32], bias: [32] },
      attrs: { stride: 1, pad: { top: 1, left: 0, bottom: 2, right: 3 }, groups: 4 },
      half: false,
    },
    { name: '1×1, stride 3', inputs: shapes(8, 11, 4, 1, 4), attrs: { stride: 3, pad: padding(0) }, half: false },
    { name: '7×7 stride 2', inputs: shapes(15, 18, 4, 7, 4), attrs: { stride: 2, pad: padding(3) }, half: false },
    {
      name: '1×3',
      inputs: { x: [5, 9, 4], weight: [1, 3, 4, 4], bias: [4] },
      attrs: { stride: 1, pad: { top: 0, left: 1, bottom: 0, right: 1 } },
      half: false,
    },
    {
      name: '3×1',
      inputs: { x: [9, 5, 4], weight: [3, 1, 4, 4], bias: [4] },
      attrs: { stride: 1, pad: { top: 1, left: 0, bottom: 1, right: 0 } },
      half: false,
    },
    {
      name: 'ReLU on the input, ReLU on the output',
      inputs: shapes(6, 5, 8, 1, 4),
      attrs: { ...pixel, act: 'relu', reluInput: true },
      half: false,
    },
    {
      name: '3 groups of 4 channels, 8 each come out',
      inputs: { x: [5, 7, 12], weight: [3, 3, 4, 24], bias: [24] },
      attrs: { ...same, groups: 3, act: 'relu' },
    },
    {
      name: '2 groups of 8 channels, 4 each come out, stride 2',
      inputs: { x: [6, 9, 16], weight: [3, 3, 8, 8], bias: [8] },
      attrs: { stride: 2, pad: padding(1), groups: 2 },
      half: false,
    },
    {
      name: 'ReLU on the sum with the residual',
      inputs: { ...shapes(5, 9, 8, 3, 8), residual: [5, 9, 8] },
      attrs: { ...same, reluSum: true },
      half: false,
    },
    {
      name: 'ReLU on the sum of a fusion',
      inputs: { ...shapes(6, 10, 8, 3, 12), residual: [6, 10, 12], low: [3, 5, 12] },
      attrs: { ...same, reluSum: true },
      half: false,
    },
    {
      name: 'residual unit',
      inputs: { ...shapes(5, 9, 8, 3, 8), residual: [5, 9, 8] },
      attrs: { ...same, reluInput: true },
    },
    {
      name: 'fusion: doubled',
      inputs: { ...shapes(6, 10, 8, 3, 12), residual: [6, 10, 12], low: [3, 5, 12] },
      attrs: { ...same, reluInput: true },
    },
    { name: 'residual of a 1×1', inputs: { ...shapes(5, 7, 8, 1, 4), residual: [5, 7, 4] }, attrs: pixel, half: false },
    {
      name: 'fusion of a 1×1: 4×5 to 7×9',
      inputs: { ...shapes(7, 9, 8, 1, 4), residual: [7, 9, 4], low: [4, 5, 4] },
      attrs: pixel,
      half: false,
    },
    {
      name: 'fusion of a 1×1: one pixel spread',
      inputs: { ...shapes(2, 3, 8, 1, 4), residual: [2, 3, 4], low: [1, 1, 4] },
      attrs: pixel,
      half: false,
    },
  ],
  perf: [
    { name: 'Depth Anything small 518: layer_rn 1', inputs: shapes(148, 148, 48, 3, 64), attrs: same },
    { name: 'Depth Anything small 518: residual unit 1', inputs: unit(148, 64), attrs: { ...same, reluInput: true } },
    { name: 'Depth Anything small 518: output_conv1', inputs: shapes(296, 296, 64, 3, 32), attrs: same },
    { name: 'Depth Anything base 518: residual unit 1', inputs: unit(148, 128), attrs: { ...same, reluInput: true } },
    { name: 'Depth Anything large 518: layer_rn 4', inputs: shapes(19, 19, 1024, 3, 256), attrs: same },
    { name: 'Depth Anything large 518: residual unit 1', inputs: unit(148, 256), attrs: { ...same, reluInput: true } },
    {
      name: 'Depth Anything large 518: fusion 1',
      inputs: { ...unit(148, 256), low: [74, 74, 256] },
      attrs: { ...same, reluInput: true },
    },
    {
      name: 'MiDaS v2 large 384: 32 groups of 16',
      inputs: { x: [48, 48, 512], weight: [3, 3, 16, 512], bias: [512] },
      attrs: { ...same, groups: 32, act: 'relu' },
    },
    {
      name: 'MiDaS small 256: stem',
      inputs: shapes(256, 256, 4, 3, 32),
      attrs: { stride: 2, pad: samePadding(256, 256, 3, 2), act: 'relu6' },
    },
    { name: 'MiDaS small 256: residual unit 4', inputs: unit(8, 512), attrs: { ...same, reluInput: true } },
    { name: 'MiDaS small 256: residual unit 1', inputs: unit(64, 64), attrs: { ...same, reluInput: true } },
  ],
});
