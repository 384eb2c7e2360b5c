import type { Recipe, Value, WeightTensor } from '../../graph/graph.js';
import { gemm } from '../../kernels/gemm.js';
import { numel, type DType } from '../../tensor.js';
import type { Weights } from '../../weights/weights.js';

/**
 * Linear layer to N channels, any number, f32: a multiple of 4 are stored. The weight is [N,K] in the file for tokens
 * [T,K], and [N,K,1,1] for a map [H,W,K].
 * @param dtype of the weight on the GPU
 */
export function narrowLinear(x: Value, weights: Weights, N: number, dtype: DType): Value {
  const { graph, type } = x;
  const K = type.shape.at(-1) as number;
  const width = 4 * Math.ceil(N / 4);
  const constant = (recipe: Recipe, dtype: DType, shape: readonly number[], tensor: WeightTensor) =>
    graph.constant({ recipe, type: { dtype, shape }, weights: [tensor] });
  const shape = type.shape.length === 3 ? [N, K, 1, 1] : [N, K];
  const weight = constant(paddedLinear, dtype, [K, width], weights.get('weight', shape));
  const bias = constant(padded, 'f32', [width], weights.get('bias', [N]));
  return graph.apply(gemm, { x, weight, bias }, { out: 'f32' }).y;
}

/** [N,K] → [K, width], zero from N on. */
const paddedLinear: Recipe = {
  name: 'padded linear',
  pack([weight], [K = 0, width = 0]) {
    const values = weight?.values as Float32Array;
    const packed = new Float32Array(K * width);
    values.forEach((value, i) => (packed[(i % K) * width + Math.floor(i / K)] = value));
    return packed;
  },
};

/** Vectors one after the other, then zeros. */
export const padded: Recipe = {
  name: 'padded',
  pack(vectors, shape) {
    const packed = new Float32Array(numel(shape));
    packed.set(vectors.flatMap(({ values }) => [...values]));
    return packed;
  },
};
