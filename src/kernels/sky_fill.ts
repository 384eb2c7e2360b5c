import skyFillWgsl from '../../shaders/sky_fill.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 128;
/** The kernel multiplies the number of pixels by 99 in u32. */
const MOST_PIXELS = 2 ** 25;

export interface SkyFillInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32, not negative; H·W a multiple of 4. */
  readonly depth: TensorType;
  /** [H,W], f32 */
  readonly sky: TensorType;
}

/**
 * y[H,W]: the depth, and where there is sky the 0.99 quantile of the depth elsewhere, between ranks by a straight line.
 */
export const skyFill = defineOp<SkyFillInputs, Record<never, never>>({
  name: 'sky_fill',
  infer({ depth, sky }) {
    const pixels = numel(depth.shape);
    ensureTypes('sky_fill', { depth, sky }, depth.dtype === 'f32' && sky.dtype === 'f32', 'f32');
    ensureTypes('sky_fill', { depth, sky }, depth.shape.join() === sky.shape.join(), 'maps of one size');
    ensureTypes('sky_fill', { depth }, pixels % 4 === 0 && pixels <= MOST_PIXELS, 'a multiple of 4 pixels, to 2^25');
    return { y: depth };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make: ({ depth }) => ({
        files: [skyFillWgsl],
        tunables: { WORKGROUP },
        params: { N4: numel(depth.shape) / 4 },
        workgroups: 1,
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 7 * numel(depth.shape) }),
});
