import { scale } from './scale.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors): { y: Expected } {
  const [x, factor] = [need(inputs, 'x'), need(inputs, 'factor')];
  const y = blank(x.type.shape);
  x.data.forEach((value, i) => {
    y.values[i] = value * (factor.data[0] as number);
    y.magnitude[i] = Math.abs(y.values[i] as number);
  });
  return { y };
}

export const scaleSpec = defineSpec({
  op: scale,
  gate: 2,
  half: [],
  reference,
  cases: [
    { name: 'four values', inputs: { x: [2, 2], factor: [4] }, attrs: {} },
    { name: 'sides that are no multiple of 4', inputs: { x: [14, 42], factor: [4] }, attrs: {} },
  ],
  perf: [{ name: 'Depth Anything 3 metric 504', inputs: { x: [378, 504], factor: [4] }, attrs: {} }],
});
