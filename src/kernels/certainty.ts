import certaintyWgsl from '../../shaders/certainty.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface CertaintyInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32, from 1 on. */
  readonly x: TensorType;
}

/**
 * y = 1 - 1 / x: from 0 to 1. Of a confidence 1 + exp(v), as Depth Anything 3 has it, that is the logistic function of
 * v.
 */
export const certainty = defineOp<CertaintyInputs, Record<never, never>>({
  name: 'certainty',
  infer({ x }) {
    ensureTypes('certainty', { x }, x.dtype === 'f32' && x.shape.length === 2, 'f32[H,W]');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: ({ x }) => ({
        files: [certaintyWgsl],
        tunables: { WORKGROUP },
        params: { N: numel(x.shape) },
        workgroups: Math.ceil(numel(x.shape) / WORKGROUP),
      }),
    },
  ],
  cost: ({ x }) => ({ flops: 2 * numel(x.shape) }),
});
