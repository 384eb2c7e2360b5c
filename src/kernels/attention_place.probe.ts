import type { AttentionAttrs, Where } from './attention_kernels.js';
import type { Probe } from './probe.js';

/** How a query sees a key: the column of the bias, and what a mask adds; undefined where it does not see it. */
export type Seen = (query: number, key: number) => readonly [offset: number, mask: number] | undefined;

const [HEADS, D] = [2, 32];
const C = HEADS * D;
/** Of the steps between biases, which are 70 apart: so is no sum of some and a mask of -100 near another bias. */
const STEPS = [5, 11];

/** Scores are biases and masks alone, far apart from each other: attention picks the value of the largest. */
export function placeProbe(where: Where, seen: Seen, dtype: 'f32' | 'f16'): Probe<AttentionAttrs> {
  const { parts, queries, offsets } = where;
  const T = parts * queries;
  const answer = (run: number) => {
    const bias = STEPS.flatMap((step) => Array.from({ length: offsets }, (_, i) => 70 * ((step * i + run) % offsets)));
    const score = (h: number, t: number, s: number) => {
      const place = seen(t, s);
      return place ? (bias[h * offsets + place[0]] as number) + place[1] : -Infinity;
    };
    const best = (h: number, t: number) => {
      let key = 0;
      for (let s = 1; s < T; s++) if (score(h, t, s) > score(h, t, key)) key = s;
      return key;
    };
    const values = Float32Array.from({ length: T * C }, (_, i) => ((7 * i + 5 * run + (i >> 3)) % 101) - 50);
    const qkv = new Float32Array(3 * T * C);
    for (let t = 0; t < T; t++) qkv.set(values.subarray(t * C, (t + 1) * C), (3 * t + 2) * C);
    const output = new Float32Array(T * C);
    for (let i = 0; i < T * HEADS; i++) {
      const [t, h] = [Math.floor(i / HEADS), i % HEADS];
      const at = best(h, t) * C + h * D;
      output.set(values.subarray(at, at + D), t * C + h * D);
    }
    return { inputs: { qkv, bias: Float32Array.from(bias) }, output };
  };
  const inputs = { qkv: { dtype, shape: [T, 3 * C] }, bias: { dtype: 'f32', shape: [HEADS, offsets] } } as const;
  return { inputs, attrs: { heads: HEADS, where, out: 'f32' }, answer, tolerance: 1e-5 };
}
