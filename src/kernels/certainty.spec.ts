import { certainty } from './certainty.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors): { y: Expected } {
  const x = need(inputs, 'x');
  const y = blank(x.type.shape);
  x.data.forEach((value, i) => {
    y.values[i] = 1 - 1 / value;
    y.magnitude[i] = 1 + 1 / value;
  });
  return { y };
}

export const certaintySpec = defineSpec({
  op: certainty,
  gate: 2,
  half: [],
  halfAttrs: (attrs) => attrs,
  reference,
  cases: [
    { name: 'odd sides', inputs: { x: [9, 11] }, attrs: {}, fill: (next) => 1 + 20 * next() ** 4, half: false },
    { name: 'unsure and sure', inputs: { x: [1, 2] }, attrs: {}, fill: (_, i) => (i ? 1e30 : 1), half: false },
  ],
  perf: [{ name: 'Depth Anything 3 504', inputs: { x: [378, 504] }, attrs: {} }],
});
