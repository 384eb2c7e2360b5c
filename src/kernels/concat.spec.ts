import type { TensorType } from '../tensor.js';
import { concat, type ConcatAttrs } from './concat.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, _attrs: ConcatAttrs, out: { y: TensorType }): { y: Expected } {
  const [a, b] = [need(inputs, 'a'), need(inputs, 'b')];
  const [A, B] = [a, b].map(({ type }) => type.shape.at(-1) as number) as [number, number];
  const y = blank([...a.type.shape.slice(0, -1), A + B]);
  for (let i = 0; i < y.values.length; i++) {
    const [row, c] = [Math.floor(i / (A + B)), i % (A + B)];
    const value = (c < A ? a.data[row * A + c] : b.data[row * B + c - A]) as number;
    y.values[i] = saturate(value, out.y);
    y.magnitude[i] = Math.abs(value);
  }
  return { y };
}

export const concatSpec = defineSpec({
  op: concat,
  gate: 1,
  half: ['a', 'b'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one pixel', inputs: { a: [1, 1, 4], b: [1, 1, 8] }, attrs: {}, half: false },
    { name: 'prime sides', inputs: { a: [5, 7, 12], b: [5, 7, 8] }, attrs: {} },
    { name: 'tokens', inputs: { a: [37, 4], b: [37, 20] }, attrs: {}, half: false },
  ],
  perf: [{ name: 'Next-ViT-L 384: stage 2', inputs: { a: [24, 24, 384], b: [24, 24, 128] }, attrs: {} }],
});
