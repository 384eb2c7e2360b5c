import { activated, attentionLoops, knownGrid, sightOf, type Sides } from './attention_reference.spec.js';
import { crossAttention, type CrossAttentionAttrs } from './cross_attention.js';
import { defineSpec, need, type Expected, type Tensors } from './spec.js';

function reference(inputs: Tensors, { heads, scale, where, act }: CrossAttentionAttrs): { y: Expected } {
  const [q, kv] = [need(inputs, 'q'), need(inputs, 'kv')];
  const [TQ, C] = q.type.shape as [number, number];
  const [TK, row] = kv.type.shape as [number, number];
  const [D, V] = [C / heads, (row - C) / heads];
  const sides: Sides = {
    queries: TQ,
    keys: TK,
    heads,
    D,
    V,
    scale: scale ?? 1 / Math.sqrt(D),
    q: (t, h, d) => q.data[t * C + h * D + d] as number,
    k: (t, h, d) => kv.data[t * row + h * D + d] as number,
    v: (t, h, d) => kv.data[t * row + C + h * V + d] as number,
  };
  return { y: activated(act, attentionLoops(sides, sightOf(where), inputs['bias'])) };
}

const shapes = (TQ: number, TK: number, heads: number, D: number, V = D) => ({
  q: [TQ, heads * D],
  kv: [TK, heads * (D + V)],
});

export const crossAttentionSpec = defineSpec({
  op: crossAttention,
  longKernels: ['tiled'],
  gate: 8,
  half: ['q', 'kv'],
  halfAttrs: (attrs) => ({ ...attrs, out: 'f16' as const }),
  reference,
  cases: [
    { name: 'more queries than keys', inputs: shapes(53, 5, 3, 32), attrs: { heads: 3 } },
    { name: 'fewer queries than keys', inputs: shapes(3, 67, 2, 32), attrs: { heads: 2 } },
    { name: 'one key', inputs: shapes(9, 1, 2, 4), attrs: { heads: 2 }, half: false },
    {
      name: 'values wider than keys, scale of 1, hardswish',
      inputs: shapes(4, 35, 2, 32, 128),
      attrs: { heads: 2, scale: 1, act: 'hardswish' },
    },
    { name: 'values narrower than keys', inputs: shapes(7, 9, 3, 8, 4), attrs: { heads: 3 }, half: false },
    {
      name: 'every other row and column queries, of an even grid',
      inputs: { ...shapes(12, 48, 2, 32, 64), bias: [2, 140] },
      attrs: { heads: 2, where: knownGrid({ keys: [6, 8], queries: [3, 4], stride: 2 }) },
    },
    {
      name: 'every other row and column queries, of an odd grid',
      inputs: { ...shapes(12, 35, 2, 4, 8), bias: [2, 117] },
      attrs: { heads: 2, where: knownGrid({ keys: [5, 7], queries: [3, 4], stride: 2 }) },
      half: false,
    },
  ],
  perf: [
    { name: 'Next-ViT-L 384, first attention', inputs: shapes(2304, 144, 6, 32), attrs: { heads: 6 } },
    {
      name: 'LeViT-384, first subsampling',
      inputs: { ...shapes(49, 196, 12, 32, 128), bias: [12, 26 * 26] },
      attrs: { heads: 12, where: knownGrid({ keys: [14, 14], queries: [7, 7], stride: 2 }) },
    },
  ],
});
