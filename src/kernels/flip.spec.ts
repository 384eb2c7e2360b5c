import { flipMean } from './flip.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** Of every pixel of rows of `width` pixels, the one in the opposite column. */
function opposite(pixel: number, width: number): number {
  const row = Math.floor(pixel / width);
  return row * width + (width - 1 - (pixel - row * width));
}

function meanReference(inputs: Tensors): { y: Expected } {
  const [x, flipped] = [need(inputs, 'x'), need(inputs, 'flipped')];
  const y = blank(x.type.shape);
  x.data.forEach((value, i) => {
    const other = flipped.data[opposite(i, x.type.shape[1] as number)] as number;
    y.values[i] = (value + other) / 2;
    y.magnitude[i] = (Math.abs(value) + Math.abs(other)) / 2;
  });
  return { y };
}

export const flipMeanSpec = defineSpec({
  op: flipMean,
  gate: 2,
  half: [],
  reference: meanReference,
  cases: [
    { name: 'one column', inputs: { x: [3, 1], flipped: [3, 1] }, attrs: {} },
    { name: 'prime sides', inputs: { x: [13, 17], flipped: [13, 17] }, attrs: {} },
    { name: 'even sides', inputs: { x: [6, 32], flipped: [6, 32] }, attrs: {} },
  ],
  perf: [{ name: 'ZoeDepth 384', inputs: { x: [384, 512], flipped: [384, 512] }, attrs: {} }],
});
