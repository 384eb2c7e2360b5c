import residualWgsl from '../../shaders/norm_residual.wgsl?raw';
import { ensureTypes, show, tokens2, type TensorType } from '../tensor.js';
import { layerNormCost, layerNormKernel, rowsOf, type LayerNormInputs } from './layer_norm.js';
import { defineOp, type Include } from './op.js';

export interface PostNormInputs extends LayerNormInputs {
  /** The stream before the branch [T,C], f32. */
  readonly residual: TensorType;
}

export interface PostNormAttrs {
  readonly eps: number;
}

const addsResidual: Include = { files: [residualWgsl], tunables: {}, params: {} };

/** The end of a post-norm block: y[T,C] = residual + norm(x), f32; x[T,C] may be f16. Statistics in f32. */
export const postNorm = defineOp<PostNormInputs, PostNormAttrs>({
  name: 'post_norm',
  infer({ x, gamma, beta, residual }) {
    const [T, C] = tokens2(x);
    ensureTypes(
      'post_norm',
      { x, gamma, beta },
      C % 4 === 0 && gamma.shape[0] === C && beta.shape[0] === C,
      '[T,C], [C] and [C]',
    );
    const y: TensorType = { dtype: 'f32', shape: [T, C] };
    ensureTypes('post_norm', { residual }, show(residual) === show(y), show(y));
    return { y };
  },
  kernels: [
    { name: 'workgroup', on: 'any', make: ({ x }, { eps }, { y }) => layerNormKernel(rowsOf(x), addsResidual, eps, y) },
  ],
  cost: (_inputs, _attrs, { y }) => layerNormCost(y),
});
