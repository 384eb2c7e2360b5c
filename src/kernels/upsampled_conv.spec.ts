import type { TensorType } from '../tensor.js';
import { activationReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { convReference } from './conv2d.spec.js';
import { padding, upsampledConv, type UpsampledConvAttrs } from './conv2d.js';
import { defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(
  inputs: Tensors,
  { size, alignCorners, act }: UpsampledConvAttrs,
  out: { y: TensorType },
): { y: Expected } {
  const upsampled = bilinearReference(need(inputs, 'low'), size, alignCorners);
  const bias = need(inputs, 'bias');
  const N = bias.type.shape.at(-1) as number;
  const inner = bias.type.shape.length === 1 ? bias : { type: bias.type, data: new Float64Array(N) };
  const y = convReference(upsampled, need(inputs, 'weight'), inner, { stride: 1, pad: padding(1) });
  if (inner !== bias) addBorderBias(y, bias.data, N);
  y.values.forEach((sum, i) => (y.values[i] = saturate(activationReference(act, sum), out.y)));
  return { y };
}

/** Biases [3,3,N]: of the corners, of the edges between them and, in the middle, of all other pixels. */
function addBorderBias({ shape: [H, W], values, magnitude }: Expected, bias: Float64Array, N: number): void {
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [Math.floor(i / N) % (W as number), Math.floor(i / N / (W as number))];
    const row = y === 0 ? 0 : y + 1 === H ? 2 : 1;
    const column = x === 0 ? 0 : x + 1 === W ? 2 : 1;
    const value = bias[(row * 3 + column) * N + (i % N)] as number;
    values[i] = (values[i] as number) + value;
    magnitude[i] = (magnitude[i] as number) + Math.abs(value);
  }
}

const shapes = (LH: number, LW: number, C: number, N: number) => ({
  low: [LH, LW, C],
  weight: [3, 3, C, N],
  bias: [N],
});

export const upsampledConvSpec = defineSpec({
  op: upsampledConv,
  longKernels: ['tiled', 'split'],
  gate: 8,
  half: ['low', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    {
      name: 'one pixel to one pixel',
      inputs: shapes(1, 1, 4, 8),
      attrs: { size: [1, 1], alignCorners: true },
      half: false,
    },
    {
      name: 'one pixel to a map',
      inputs: shapes(1, 1, 4, 8),
      attrs: { size: [3, 9], alignCorners: true },
      half: false,
    },
    {
      name: 'doubled, aligned corners, wide',
      inputs: shapes(3, 6, 8, 8),
      attrs: { size: [6, 12], alignCorners: true },
    },
    {
      name: 'doubled, half-pixel centres, tall',
      inputs: shapes(7, 3, 8, 12),
      attrs: { size: [14, 6], alignCorners: false },
      half: false,
    },
    {
      name: 'odd ratio, half-pixel centres',
      inputs: shapes(4, 5, 8, 12),
      attrs: { size: [11, 7], alignCorners: false },
      half: false,
    },
    { name: 'same size', inputs: shapes(5, 4, 8, 12), attrs: { size: [5, 4], alignCorners: false }, half: false },
    {
      name: 'smaller, odd channel tiles, ReLU',
      inputs: shapes(9, 8, 4, 12),
      attrs: { size: [5, 3], alignCorners: true, act: 'relu' },
      half: false,
    },
    {
      name: 'biases of the border',
      inputs: { ...shapes(3, 6, 8, 12), bias: [9, 12] },
      attrs: { size: [6, 12], alignCorners: true },
      half: false,
    },
    {
      name: 'biases of the border of two rows and columns',
      inputs: { ...shapes(1, 1, 8, 12), bias: [9, 12] },
      attrs: { size: [2, 2], alignCorners: true },
      half: false,
    },
  ],
  perf: [
    {
      name: 'Depth Anything small 518: output_conv1 on 148',
      inputs: shapes(148, 148, 64, 32),
      attrs: { size: [296, 296], alignCorners: true },
    },
    {
      name: 'Depth Anything large 518: output_conv1 on 148',
      inputs: shapes(148, 148, 256, 128),
      attrs: { size: [296, 296], alignCorners: true },
    },
    {
      name: 'MiDaS small 256: head convolution 1 on 64',
      inputs: shapes(64, 64, 64, 32),
      attrs: { size: [128, 128], alignCorners: true },
    },
  ],
});
