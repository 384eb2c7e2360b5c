import { activationReference } from './activation.spec.js';
import { bilinearReference } from './bilinear.spec.js';
import { resizedFeatures, type ResizedFeaturesAttrs } from './resized_features.js';
import { defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';
import type { TensorType } from '../tensor.js';

function reference(inputs: Tensors, { size, act }: ResizedFeaturesAttrs, out: { y: TensorType }): { y: Expected } {
  const y = bilinearReference(need(inputs, 'low'), size, true);
  y.values.forEach((value, i) => {
    const r = inputs.residual?.data[i] ?? 0;
    y.values[i] = saturate(activationReference(act, value) + r, out.y);
    y.magnitude[i] = y.magnitude[i]! + Math.abs(r);
  });
  return { y };
}

export const resizedFeaturesSpec = defineSpec({
  op: resizedFeatures,
  gate: 8,
  half: ['low', 'residual'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'doubled', inputs: { low: [3, 5, 8] }, attrs: { size: [6, 10] } },
    { name: 'one pixel', inputs: { low: [1, 1, 4] }, attrs: { size: [2, 3], act: 'relu' }, half: false },
    {
      name: 'ReLU, then the residual',
      inputs: { low: [4, 3, 12], residual: [7, 9, 12] },
      attrs: { size: [7, 9], act: 'relu' },
    },
  ],
  perf: [{ name: 'ZoeDepth 384×512: last projector', inputs: { low: [96, 128, 128] }, attrs: { size: [192, 256] } }],
});
