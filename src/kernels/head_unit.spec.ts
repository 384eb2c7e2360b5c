import { headUnit, type HeadUnitAttrs } from './head_unit.js';
import { blank, defineSpec, need, type Expected, type Tensors } from './spec.js';

/** Magnitude: the value's own, of which lengths and factors are right to a few roundings. */
function reference(inputs: Tensors, { heads }: HeadUnitAttrs): { y: Expected } {
  const [qkv, factor] = [need(inputs, 'qkv'), need(inputs, 'factor')];
  const [T, row] = qkv.type.shape as [number, number];
  const D = row / 3 / heads;
  const y = blank([T, row]);
  for (let t = 0; t < T; t++) {
    for (const [part, start] of [0, heads * D, 2 * heads * D].entries()) {
      for (let h = 0; h < heads; h++) {
        const at = t * row + start + h * D;
        const vector = qkv.data.subarray(at, at + D);
        const length = Math.max(Math.hypot(...vector), 1e-12);
        const scale = part === 2 ? 1 : (part === 0 ? (factor.data[h] as number) : 1) / length;
        vector.forEach((x, d) => {
          y.values[at + d] = x * scale;
          y.magnitude[at + d] = Math.abs(x * scale);
        });
      }
    }
  }
  return { y };
}

const shapes = (T: number, heads: number, D: number) => ({ qkv: [T, 3 * heads * D], factor: [heads] });
const factor = (next: () => number) => 1 + 99 * next();

export const headUnitSpec = defineSpec({
  op: headUnit,
  gate: 8,
  half: ['qkv'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one vector', inputs: shapes(1, 1, 4), attrs: { heads: 1 }, fill: { factor }, half: false },
    { name: 'prime tokens and heads', inputs: shapes(37, 3, 32), attrs: { heads: 3 }, fill: { factor } },
    {
      name: 'long and short vectors',
      inputs: shapes(17, 2, 8),
      attrs: { heads: 2 },
      fill: { factor, qkv: (next, i) => (2 * next() - 1) * 10 ** ((i % 3) * 4 - 4) },
      half: false,
    },
    {
      name: 'vectors of zeros, and shorter than 1e-12',
      inputs: shapes(3, 2, 4),
      attrs: { heads: 2 },
      fill: { factor, qkv: (next, i) => (i % 8 < 4 ? 0 : 1e-14 * next()) },
      half: false,
    },
  ],
  perf: [
    { name: 'Swin2-T 256, first stage', inputs: shapes(4096, 3, 32), attrs: { heads: 3 } },
    { name: 'Swin2-L 384, third stage', inputs: shapes(576, 24, 32), attrs: { heads: 24 } },
  ],
});
