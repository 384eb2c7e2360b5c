import type { AttentionAttrs } from './attention_kernels.js';
import type { CrossAttentionAttrs } from './cross_attention.js';
import { wholes, type Probe, type Probes } from './probe.js';

const [D, HEADS] = [64, 2];
const C = D * HEADS;

export const attentionProbes: Probes<AttentionAttrs> = (storage) => [beside(storage, 19), beside(storage, 130)];

export const crossAttentionProbes: Probes<CrossAttentionAttrs> = (storage) => [apart(storage, 19), apart(storage, 130)];

/** Queries, keys and values of T tokens [T,C], and the result. */
interface Picks {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly output: Float32Array;
}

/**
 * Keys are rows of a Hadamard matrix and a query is ten times one of them, so attention picks that key's value. There
 * are no more than D such keys: among more tokens they stand in every tile of D, and the others are zero.
 */
function hadamard(T: number, run: number): Picks {
  const token = (key: number) => key + D * (key % Math.max(1, Math.floor(T / D)));
  const sign = (t: number, d: number) => ([...(t & d).toString(2)].filter((bit) => bit === '1').length % 2 ? -1 : 1);
  const picked = (t: number) => token((3 * t + run) % Math.min(T, D));
  const tokens = (value: (t: number, c: number) => number) =>
    Float32Array.from({ length: T * C }, (_, i) => value(Math.floor(i / C), i % C));
  const v = wholes(T * C, run, 50, true);
  return {
    q: tokens((t, c) => 10 * sign(picked(t) % D, c % D)),
    k: tokens((t, c) => (t === token(t % D) ? sign(t % D, c % D) : 0)),
    v,
    output: tokens((t, c) => v[picked(t) * C + c] as number),
  };
}

/** Tensors [T,C] side by side. */
function joined(tensors: readonly Float32Array[], T: number): Float32Array {
  const row = (t: number) => tensors.flatMap((tensor) => [...tensor.subarray(t * C, (t + 1) * C)]);
  return Float32Array.from(Array.from({ length: T }, (_, t) => row(t)).flat());
}

function beside(dtype: 'f32' | 'f16', T: number): Probe<AttentionAttrs> {
  const answer = (run: number) => {
    const { q, k, v, output } = hadamard(T, run);
    return { inputs: { qkv: joined([q, k, v], T) }, output };
  };
  const inputs = { qkv: { dtype, shape: [T, 3 * C] } };
  return { inputs, attrs: { heads: HEADS, out: 'f32' }, answer, tolerance: 1e-5 };
}

/** The queries of three tokens alone. */
function apart(dtype: 'f32' | 'f16', T: number): Probe<CrossAttentionAttrs> {
  const some = 3 * C;
  const answer = (run: number) => {
    const { q, k, v, output } = hadamard(T, run);
    return { inputs: { q: q.slice(0, some), kv: joined([k, v], T) }, output: output.slice(0, some) };
  };
  const inputs = { q: { dtype, shape: [3, C] }, kv: { dtype, shape: [T, 2 * C] } };
  return { inputs, attrs: { heads: HEADS, out: 'f32' }, answer, tolerance: 1e-5 };
}
