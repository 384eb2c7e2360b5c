import blendWgsl from '../../shaders/window_blend.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;
/** Scale, shift, and the part that the new map has. */
export const LINE: TensorType = { dtype: 'f32', shape: [4] };

export interface WindowBlendInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly depth: TensorType;
  /** [H,W], f32: the map of the same frame in the window before. */
  readonly last: TensorType;
  /** `LINE` */
  readonly line: TensorType;
}

/** y[H,W]: a map that is laid onto those of the window before, and not below 0, in parts with the one from there. */
export const windowBlend = defineOp<WindowBlendInputs, Record<never, never>>({
  name: 'window_blend',
  infer({ depth, last, line }) {
    const map = depth.dtype === 'f32' && last.dtype === 'f32' && last.shape.join() === depth.shape.join();
    ensureTypes('window_blend', { depth, last }, map, 'f32 maps of one size');
    ensureTypes('window_blend', { line }, line.dtype === LINE.dtype && line.shape.join() === '4', 'f32[4]');
    return { y: depth };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: ({ depth }) => ({
        files: [blendWgsl],
        tunables: { WORKGROUP },
        params: { N: numel(depth.shape) },
        workgroups: Math.ceil(numel(depth.shape) / WORKGROUP),
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 6 * numel(depth.shape) }),
});
