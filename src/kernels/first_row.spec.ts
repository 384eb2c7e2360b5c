import { firstRow } from './first_row.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors): { y: Expected } {
  const [x, row] = [need(inputs, 'x'), need(inputs, 'row')];
  const y = blank(x.type.shape);
  y.values.set(x.data);
  y.values.set(row.data);
  y.magnitude.set(y.values.map(Math.abs));
  return { y };
}

export const firstRowSpec = defineSpec({
  op: firstRow,
  gate: 1,
  half: [],
  reference,
  cases: [
    { name: 'one row', inputs: { x: [1, 4], row: [4] }, attrs: {} },
    { name: 'prime rows', inputs: { x: [13, 20], row: [20] }, attrs: {} },
  ],
  perf: [{ name: 'Depth Anything 3 small 504', inputs: { x: [973, 384], row: [384] }, attrs: {} }],
});
