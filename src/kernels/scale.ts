import scaleWgsl from '../../shaders/scale.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface ScaleInputs {
  readonly [name: string]: TensorType | undefined;
  /** f32, a multiple of 4 values. */
  readonly x: TensorType;
  /** [4], f32; the first counts. */
  readonly factor: TensorType;
}

/** y = x · factor, for a factor that is known when the graph runs. */
export const scale = defineOp<ScaleInputs, Record<never, never>>({
  name: 'scale',
  infer({ x, factor }) {
    ensureTypes('scale', { x }, x.dtype === 'f32' && numel(x.shape) % 4 === 0, 'f32, a multiple of 4 values');
    ensureTypes('scale', { factor }, factor.dtype === 'f32' && factor.shape.join() === '4', 'f32[4]');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: ({ x }) => ({
        files: [scaleWgsl],
        tunables: { WORKGROUP },
        params: { N4: numel(x.shape) / 4 },
        workgroups: Math.ceil(numel(x.shape) / 4 / WORKGROUP),
      }),
    },
  ],
  cost: ({ x }) => ({ flops: numel(x.shape) }),
});
