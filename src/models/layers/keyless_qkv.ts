import type { Recipe, Value } from '../../graph/graph.js';
import { tokens2 } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';
import { linear } from './layers.js';

/** Queries, keys and values [T,3·C] of tokens [T,C], where keys have no bias: `qkv.weight`, `q_bias`, `v_bias`. */
export function keylessQkv(x: Value, weights: Weights): Value {
  const { graph } = x;
  const [, C] = tokens2(x.type);
  const bias = graph.constant({
    recipe: keylessBias,
    type: { dtype: 'f32', shape: [3 * C] },
    weights: ['q_bias', 'v_bias'].map((name) => weights.get(name, [C])),
  });
  return linear(x, weights.at('qkv'), { bias });
}

const keylessBias: Recipe = {
  name: 'keyless bias',
  pack([queries, values], [N = 0]) {
    const bias = new Float32Array(N);
    bias.set(queries?.values ?? []);
    bias.set(values?.values ?? [], (2 * N) / 3);
    return bias;
  },
};
