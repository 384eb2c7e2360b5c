import type { TensorType } from '../tensor.js';
import { rowPair, type RowPairAttrs } from './row_pair.js';
import { blank, defineSpec, need, saturate, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, _attrs: RowPairAttrs, out: { y: TensorType }): { y: Expected } {
  const rows = ['first', 'second'].map((name) => {
    const { type, data } = need(inputs, name);
    return [...data.slice(0, type.shape[1])];
  });
  const y = blank(out.y.shape);
  rows.flat().forEach((value, i) => {
    y.values[i] = saturate(value, out.y);
    y.magnitude[i] = Math.abs(value);
  });
  return { y };
}

export const rowPairSpec = defineSpec({
  op: rowPair,
  gate: 1,
  half: [],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one row', inputs: { first: [1, 4], second: [1, 4] }, attrs: {} },
    { name: 'two groups', inputs: { first: [13, 148], second: [13, 148] }, attrs: {} },
  ],
  perf: [{ name: 'Depth Anything 3 small 504', inputs: { first: [973, 384], second: [973, 384] }, attrs: {} }],
});
