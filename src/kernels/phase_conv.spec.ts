import type { TensorType } from '../tensor.js';
import { activationReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { padding } from './conv2d.js';
import { convReference } from './conv2d.spec.js';
import { phaseConv, type PhaseConvAttrs } from './phase_conv.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { act }: PhaseConvAttrs, out: { y: TensorType }): { y: Expected } {
  const [weight, bias] = [need(inputs, 'weight'), need(inputs, 'bias')];
  const sums = convReference(
    read(inputs),
    weight,
    { type: weight.type, data: new Float64Array(4 * bias.data.length) },
    {
      stride: 1,
      pad: padding(1),
    },
  );
  const [H, W] = sums.shape as [number, number];
  const N = bias.data.length;
  const y = blank([2 * H, 2 * W, N]);
  for (let i = 0; i < y.values.length; i++) {
    const [n, ox, oy] = [i % N, Math.floor(i / N) % (2 * W), Math.floor(i / N / (2 * W))];
    const pixel = Math.floor(oy / 2) * W + Math.floor(ox / 2);
    const from = pixel * 4 * N + (2 * (oy % 2) + (ox % 2)) * N + n;
    const added = bias.data[n] as number;
    y.values[i] = saturate(activationReference(act, (sums.values[from] as number) + added), out.y);
    y.magnitude[i] = (sums.magnitude[from] as number) + Math.abs(added);
  }
  return { y };
}

/** The map that is convolved. */
function read(inputs: Tensors): Expected {
  const low = inputs['low'];
  if (low) {
    const [LH, LW] = low.type.shape as [number, number];
    return bilinearReference(low, [2 * LH, 2 * LW], true);
  }
  const { type, data } = need(inputs, 'x');
  return { shape: type.shape, values: data, magnitude: data.map(Math.abs) };
}

const shapes = (H: number, W: number, C: number, N: number) => ({
  x: [H, W, C],
  weight: [3, 3, C, 4 * N],
  bias: [N],
});

/** The same, of a map that is resized. */
const resized = (LH: number, LW: number, C: number, N: number) => {
  const { x: low, ...rest } = shapes(LH, LW, C, N);
  return { low, ...rest };
};

export const phaseConvSpec = defineSpec({
  op: phaseConv,
  longKernels: ['split'],
  gate: 8,
  half: ['x', 'low', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel', inputs: shapes(1, 1, 4, 4), attrs: {}, half: false },
    { name: 'prime sides, hardswish', inputs: shapes(5, 7, 8, 12), attrs: { act: 'hardswish' } },
    { name: 'tiles of a subgroup', inputs: shapes(6, 9, 8, 16), attrs: {}, half: false },
    { name: 'one pixel, doubled', inputs: resized(1, 1, 4, 8), attrs: {}, half: false },
    { name: 'odd sides, doubled, hardswish', inputs: resized(3, 5, 8, 16), attrs: { act: 'hardswish' } },
  ],
  perf: [
    { name: 'LeViT 224: stem_transpose 1', inputs: resized(14, 14, 256, 128), attrs: { act: 'hardswish' } },
    { name: 'LeViT 224: stem_transpose 2', inputs: shapes(56, 56, 128, 64), attrs: { act: 'hardswish' } },
  ],
});
