import mergeWgsl from '../../shaders/norm_merge.wgsl?raw';
import { ensureTypes, map3, type TensorType } from '../tensor.js';
import { layerNormCost, layerNormKernel, storesNorm, type LayerNormAttrs } from './layer_norm.js';
import { defineOp, type Include } from './op.js';

export interface MergeNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** [2·H,2·W,C] */
  readonly x: TensorType;
  /** [4·C], f32 */
  readonly gamma: TensorType;
  /** [4·C], f32 */
  readonly beta: TensorType;
}

/**
 * Layer normalisation of 2 × 2 neighbours of a map as one row: y[H,W,4·C]. The upper left is first, then the one below
 * it, the upper right and the lower right: patch merging of arXiv 2103.14030 before its linear layer.
 */
export const mergeNorm = defineOp<MergeNormInputs, LayerNormAttrs>({
  name: 'merge_norm',
  infer({ x, gamma, beta }, { out = 'f32' }) {
    const [H, W, C] = map3(x);
    ensureTypes('merge_norm', { x }, H % 2 === 0 && W % 2 === 0 && C % 4 === 0, '[2·H,2·W,C] with C a multiple of 4');
    const fits = gamma.shape[0] === 4 * C && beta.shape[0] === 4 * C;
    ensureTypes('merge_norm', { x, gamma, beta }, fits, `[2·H,2·W,${C}], [${4 * C}] and [${4 * C}]`);
    return { y: { dtype: out, shape: [H / 2, W / 2, 4 * C] } };
  },
  kernels: [
    { name: 'workgroup', on: 'any', make: ({ x }, { eps }, { y }) => layerNormKernel(merged(x), storesNorm, eps, y) },
  ],
  cost: (_inputs, _attrs, { y }) => layerNormCost(y),
});

function merged(x: TensorType): Include {
  const [, W, C] = map3(x);
  return { files: [mergeWgsl], tunables: { xelem: x.dtype }, params: { MW: W / 2, N4: C / 4 } };
}
