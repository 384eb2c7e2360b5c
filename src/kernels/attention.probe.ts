import type { AttentionAttrs } from './attention.js';
import { wholes, type Probe, type Probes } from './probe.js';

export const attentionProbes: Probes<AttentionAttrs> = (storage) => [hadamard(storage, 19), hadamard(storage, 130)];

/**
 * Keys are rows of a Hadamard matrix and a query is ten times one of them, so attention picks that key's value. There
 * are no more than D such keys: among more tokens they stand in every tile of D, and the others are zero.
 */
function hadamard(dtype: 'f32' | 'f16', T: number): Probe<AttentionAttrs> {
  const [D, heads] = [64, 2];
  const C = D * heads;
  const token = (key: number) => key + D * (key % Math.max(1, Math.floor(T / D)));
  const sign = (t: number, d: number) => ([...(t & d).toString(2)].filter((bit) => bit === '1').length % 2 ? -1 : 1);
  const answer = (run: number) => {
    const picked = (t: number) => token((3 * t + run) % Math.min(T, D));
    const values = wholes(T * C, run, 50, true);
    const qkv = new Float32Array(3 * T * C);
    for (let i = 0; i < T * C; i++) {
      const [t, c] = [Math.floor(i / C), i % C];
      qkv.set([10 * sign(picked(t) % D, c % D)], 3 * t * C + c);
      if (t === token(t % D)) qkv.set([sign(t % D, c % D)], 3 * t * C + C + c);
      qkv.set([values[i] as number], 3 * t * C + 2 * C + c);
    }
    const output = Float32Array.from(values, (_, i) => values[picked(Math.floor(i / C)) * C + (i % C)] as number);
    return { inputs: { qkv }, output };
  };
  return { inputs: { qkv: { dtype, shape: [T, 3 * C] } }, attrs: { heads, out: 'f32' }, answer, tolerance: 1e-5 };
}
