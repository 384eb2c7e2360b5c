import flipMeanWgsl from '../../shaders/flip_mean.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface FlipMeanInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly x: TensorType;
  /** [H,W], f32, of the flipped picture */
  readonly flipped: TensorType;
}

/** y[H,W] = (x + flipped, flipped back) / 2. */
export const flipMean = defineOp<FlipMeanInputs, Record<never, never>>({
  name: 'flip_mean',
  infer({ x, flipped }) {
    const maps = [x, flipped].every(({ dtype, shape }) => dtype === 'f32' && shape.length === 2);
    const alike = x.shape.join() === flipped.shape.join();
    ensureTypes('flip_mean', { x, flipped }, maps && alike, 'f32[H,W], twice');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }) {
        const [H, W] = x.shape as [number, number];
        return {
          files: [flipMeanWgsl],
          tunables: { WORKGROUP },
          params: { H, W },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ x: { shape } }) => ({ flops: 2 * (shape[0] as number) * (shape[1] as number) }),
});
