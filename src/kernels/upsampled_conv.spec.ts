import type { TensorType } from '../tensor.js';
import { activationReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { convReference } from './conv2d.spec.js';
import { padding, upsampledConv, type UpsampledConvAttrs } from './conv2d.js';
import { defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { size, alignCorners, act }: UpsampledConvAttrs, out: { y: TensorType }): { y: Expected } {
  const upsampled = bilinearReference(need(inputs, 'low'), size, alignCorners);
  const y = convReference(upsampled, need(inputs, 'weight'), need(inputs, 'bias'), { stride: 1, pad: padding(1) });
  y.values.forEach((sum, i) => (y.values[i] = saturate(activationReference(act, sum), out.y)));
  return { y };
}

const shapes = (LH: number, LW: number, C: number, N: number) => ({ low: [LH, LW, C], weight: [3, 3, C, N], bias: [N] });

export const upsampledConvSpec = defineSpec({
  op: upsampledConv,
  gate: 8,
  half: ['low', 'weight'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel to one pixel', inputs: shapes(1, 1, 4, 8), attrs: { size: [1, 1], alignCorners: true }, half: false },
    { name: 'one pixel to a map', inputs: shapes(1, 1, 4, 8), attrs: { size: [3, 9], alignCorners: true }, half: false },
    { name: 'doubled, aligned corners, wide', inputs: shapes(3, 6, 8, 8), attrs: { size: [6, 12], alignCorners: true } },
    { name: 'doubled, half-pixel centres, tall', inputs: shapes(7, 3, 8, 12), attrs: { size: [14, 6], alignCorners: false }, half: false },
    { name: 'odd ratio, half-pixel centres', inputs: shapes(4, 5, 8, 12), attrs: { size: [11, 7], alignCorners: false }, half: false },
    { name: 'same size', inputs: shapes(5, 4, 8, 12), attrs: { size: [5, 4], alignCorners: false }, half: false },
    { name: 'smaller, odd channel tiles, ReLU', inputs: shapes(9, 8, 4, 12), attrs: { size: [5, 3], alignCorners: true, act: 'relu' }, half: false },
  ],
  perf: [
    { name: 'Depth Anything small 518: output_conv1 on 148', inputs: shapes(148, 148, 64, 32), attrs: { size: [296, 296], alignCorners: true } },
    { name: 'Depth Anything large 518: output_conv1 on 148', inputs: shapes(148, 148, 256, 128), attrs: { size: [296, 296], alignCorners: true } },
    { name: 'MiDaS small 256: head convolution 1 on 64', inputs: shapes(64, 64, 64, 32), attrs: { size: [128, 128], alignCorners: true } },
  ],
});
