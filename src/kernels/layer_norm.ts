import layerNormWgsl from '../../shaders/layer_norm.wgsl?raw';
import rowsWgsl from '../../shaders/norm_rows.wgsl?raw';
import storeWgsl from '../../shaders/norm_store.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, numel, type DType, type TensorType } from '../tensor.js';
import { defineOp, type Include, type Kernel } from './op.js';

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
    { name: 'workgroup', on: 'any', make: ({ x }, { eps }, { y }) => layerNormKernel(rowsOf(x), storesNorm, eps, y) },
  ],
  probes: async () => (await parts.gpuTransformers()).layerNormProbes,
  cost: (_inputs, _attrs, { y }) => layerNormCost(y),
});

/** The end of a layer norm that stores what is normalised. */
export const storesNorm: Include = { files: [storeWgsl], tunables: {}, params: {} };

/** The loader of a layer norm of rows as they are. */
export function rowsOf(x: TensorType): Include {
  return { files: [rowsWgsl], tunables: { xelem: x.dtype }, params: {} };
}

/** The kernel of an op that is a layer norm with a loader and an end of its own; y is [..., C]. */
export function layerNormKernel(loader: Include, end: Include, eps: number, y: TensorType): Kernel {
  const C = y.shape.at(-1) as number;
  const R = numel(y.shape) / C;
  return {
    files: [layerNormWgsl, ...loader.files, ...end.files],
    tunables: { yelem: y.dtype, WORKGROUP, ...loader.tunables, ...end.tunables },
    params: { R, C4: C / 4, EPS: eps, ...loader.params, ...end.params },
    workgroups: R,
  };
}

export function layerNormCost(y: TensorType): { flops: number } {
  return { flops: 8 * numel(y.shape) };
}
