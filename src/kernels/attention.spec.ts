import { attention, type AttentionAttrs } from './attention.js';
import { blank, defineSpec, need, type Expected, type Fill, type Tensors } from './spec.js';

/**
 * Magnitude: a score s = Σqk/√D is rounded to Σ|qk|/√D·2⁻²⁴, exp turns that into a relative error of the probability,
 * and the error of the denominator is the mean of those errors. Well-conditioned scores leave the published gate of
 * 1e-5·max|V| untouched; scores in the hundreds cannot meet it in f32.
 */
function reference(inputs: Tensors, { heads }: AttentionAttrs): { y: Expected } {
  const { type, data } = need(inputs, 'qkv');
  const [T, C] = [type.shape[0] as number, (type.shape[1] as number) / 3];
  const D = C / heads;
  const element = (t: number, part: number, h: number, d: number) => data[t * 3 * C + part * C + h * D + d] as number;
  const y = blank([T, C]);
  const scores = new Float64Array(T);
  const errors = new Float64Array(T);
  for (let h = 0; h < heads; h++) {
    for (let t = 0; t < T; t++) {
      scores.fill(0);
      errors.fill(0);
      for (let s = 0; s < T; s++) {
        for (let d = 0; d < D; d++) {
          const product = (element(t, 0, h, d) * element(s, 1, h, d)) / Math.sqrt(D);
          scores[s] = (scores[s] as number) + product;
          errors[s] = (errors[s] as number) + Math.abs(product);
        }
      }
      const top = scores.reduce((a, b) => Math.max(a, b));
      const p = scores.map((s) => Math.exp(s - top));
      const sum = p.reduce((a, b) => a + b);
      const shared = p.reduce((a, e, s) => a + (e / sum) * (errors[s] as number), 1);
      for (let d = 0; d < D; d++) {
        const at = t * C + h * D + d;
        for (let s = 0; s < T; s++) {
          const v = element(s, 2, h, d) * ((p[s] as number) / sum);
          y.values[at] = (y.values[at] as number) + v;
          y.magnitude[at] = (y.magnitude[at] as number) + Math.abs(v) * (shared + (errors[s] as number));
        }
      }
    }
  }
  return { y };
}

const shapes = (T: number, heads: number, D: number) => ({ qkv: [T, 3 * heads * D] });

/** Queries, keys and values by their own formulas. */
function parts(
  C: number,
  query: (next: () => number) => number,
  key: (next: () => number) => number,
): Record<string, Fill> {
  return {
    qkv: (next, i) => {
      const part = Math.floor((i % (3 * C)) / C);
      return part === 0 ? query(next) : part === 1 ? key(next) : 2 * next() - 1;
    },
  };
}

const within = (size: number) => (next: () => number) => size * (2 * next() - 1);

export const attentionSpec = defineSpec({
  op: attention,
  gate: 8,
  half: ['qkv'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'one token', inputs: shapes(1, 2, 64), attrs: { heads: 2 }, half: false },
    { name: 'key tile - 1', inputs: shapes(3, 2, 64), attrs: { heads: 2 }, half: false },
    { name: 'key tile + 1', inputs: shapes(5, 3, 64), attrs: { heads: 3 }, half: false },
    { name: 'wide key tile - 1', inputs: shapes(31, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'wide key tile', inputs: shapes(32, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'wide key tile + 1', inputs: shapes(33, 1, 64), attrs: { heads: 1 }, half: false },
    { name: 'prime tokens, head size 64', inputs: shapes(37, 3, 64), attrs: { heads: 3 } },
    {
      name: 'query tiles of all heads, the last of one query',
      inputs: shapes(257, 2, 64),
      attrs: { heads: 2 },
      half: false,
    },
    { name: 'large scores', inputs: shapes(37, 3, 64), attrs: { heads: 3 }, fill: parts(192, within(12), within(12)) },
    {
      name: 'scores far below zero',
      inputs: shapes(13, 2, 64),
      attrs: { heads: 2 },
      fill: parts(
        128,
        () => -10,
        (next) => 10 + next(),
      ),
    },
    {
      name: 'uniform keys give the mean of the values',
      inputs: shapes(19, 2, 64),
      attrs: { heads: 2 },
      fill: parts(128, within(1), () => 0.5),
    },
    { name: 'outliers', inputs: shapes(11, 1, 64), attrs: { heads: 1 }, fill: parts(64, within(1), within(200)) },
    { name: 'head size 4', inputs: shapes(67, 3, 4), attrs: { heads: 3 }, half: false },
    {
      name: 'head size 4, large scores',
      inputs: shapes(13, 2, 4),
      attrs: { heads: 2 },
      fill: parts(8, within(20), within(20)),
      half: false,
    },
    { name: 'past 65,535 workgroups', inputs: shapes(1, 65_537, 4), attrs: { heads: 65_537 }, half: false },
  ],
  perf: [
    { name: 'Depth Anything small 518', inputs: shapes(1370, 6, 64), attrs: { heads: 6 } },
    { name: 'Depth Anything base 518', inputs: shapes(1370, 12, 64), attrs: { heads: 12 } },
    { name: 'Depth Anything large 518', inputs: shapes(1370, 16, 64), attrs: { heads: 16 } },
  ],
});
