import layerNormWgsl from '../../shaders/layer_norm.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, numel, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface LayerNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** Residual stream [T,C], f32. */
  readonly x: TensorType;
  /** [C], f32 */
  readonly gamma: TensorType;
  /** [C], f32 */
  readonly beta: TensorType;
}

export interface LayerNormAttrs {
  readonly eps: number;
  readonly out?: DType;
}

/** Layer normalisation over the last dimension, statistics in f32. */
export const layerNorm = defineOp<LayerNormInputs, LayerNormAttrs>({
  name: 'layer_norm',
  infer({ x, gamma, beta }, { out = 'f32' }) {
    const C = x.shape[1] as number;
    ensureTypes('layer_norm', { x }, x.dtype === 'f32' && x.shape.length === 2 && C % 4 === 0, 'f32[T,C]');
    ensureTypes('layer_norm', { x, gamma, beta }, gamma.shape[0] === C && beta.shape[0] === C, '[T,C], [C] and [C]');
    return { y: { dtype: out, shape: x.shape } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make(_inputs, { eps }, { y }) {
        const [R, C] = y.shape as [number, number];
        return {
          files: [layerNormWgsl],
          tunables: { yelem: y.dtype, WORKGROUP },
          params: { R, C4: C / 4, EPS: eps },
          workgroups: R,
        };
      },
    },
  ],
  probes: async () => (await parts.gpu()).layerNormProbes,
  cost: (_inputs, _attrs, { y }) => ({ flops: 8 * numel(y.shape) }),
});
