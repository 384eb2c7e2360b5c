import type { Recipe, Value } from '../../graph/graph.js';
import { headRotary, turnPlaces, turnTable, type HeadRotaryAttrs } from '../../kernels/head_rotary.js';
import { tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { stacked } from './residual_stream.js';

const turns: Recipe<{ readonly base: number }> = {
  name: 'turns',
  pack: (_, [places, row], { base }) => turnTable(places as number, 2 * (row as number), base),
};

/**
 * Queries, keys and values [1 + GH·GW, 3·heads·D] for `selfAttention`'s op: queries and keys normalised by `q_norm` and
 * `k_norm` and turned by their patch's place, in angles of place·base^(-4j/D).
 */
export function rotary(qkv: Value, weights: Weights, base: number, attrs: Omit<HeadRotaryAttrs, 'out'>): Value {
  const { graph, type } = qkv;
  const D = tokens2(type)[1] / 3 / attrs.heads;
  const norms = ['q_norm', 'k_norm'].flatMap((side) =>
    ['weight', 'bias'].map((name) => weights.at(side).get(name, [D])),
  );
  const table = { dtype: 'f32', shape: [turnPlaces(attrs), D / 2] } as const;
  const inputs = {
    qkv,
    norm: stacked(graph, norms),
    turns: graph.constant({ recipe: turns, params: { base }, type: table, weights: [] }),
  };
  return graph.apply(headRotary, inputs, { ...attrs, out: type.dtype }).y;
}
