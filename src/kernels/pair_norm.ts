import pairWgsl from '../../shaders/norm_pair.wgsl?raw';
import { ensureTypes, tokens2, type TensorType } from '../tensor.js';
import { layerNormCost, layerNormKernel, storesNorm, type LayerNormAttrs } from './layer_norm.js';
import { defineOp } from './op.js';

export interface PairNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T,C] */
  readonly first: TensorType;
  /** [T,C] */
  readonly second: TensorType;
  /** [2·C], f32 */
  readonly gamma: TensorType;
  /** [2·C], f32 */
  readonly beta: TensorType;
}

/** Layer normalisation of the rows of two tensors joined, y[T,2·C]. */
export const pairNorm = defineOp<PairNormInputs, LayerNormAttrs>({
  name: 'pair_norm',
  infer({ first, second, gamma, beta }, { out = 'f32' }) {
    const [T, C] = tokens2(first);
    ensureTypes('pair_norm', { first, second }, second.shape.join() === `${T},${C}` && C % 4 === 0, `[${T},${C}]`);
    const fits = gamma.shape[0] === 2 * C && beta.shape[0] === 2 * C;
    ensureTypes('pair_norm', { gamma, beta }, fits, `[${2 * C}] and [${2 * C}]`);
    return { y: { dtype: out, shape: [T, 2 * C] } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ first, second }, { eps }, { y }) {
        const tunables = { felem: first.dtype, selem: second.dtype };
        return layerNormKernel({ files: [pairWgsl], tunables, params: {} }, storesNorm, eps, y);
      },
    },
  ],
  cost: (_inputs, _attrs, { y }) => layerNormCost(y),
});
