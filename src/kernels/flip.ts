import flipWgsl from '../../shaders/flip.wgsl?raw';
import flipMeanWgsl from '../../shaders/flip_mean.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface FlipInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,4], f32 */
  readonly x: TensorType;
}

export interface FlipMeanInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly x: TensorType;
  /** [H,W], f32, of the flipped picture */
  readonly flipped: TensorType;
}

/** The kernel of a file whose invocations are the pixels of a map or picture. */
const perPixel = (file: string, { shape: [H, W] }: TensorType) => ({
  files: [file],
  tunables: { WORKGROUP },
  params: { H: H as number, W: W as number },
  workgroups: Math.ceil(((H as number) * (W as number)) / WORKGROUP),
});

/** y[H,W,4]: a normalised picture, flipped left to right. */
export const flip = defineOp<FlipInputs, Record<never, never>>({
  name: 'flip',
  infer({ x }) {
    ensureTypes('flip', { x }, x.dtype === 'f32' && x.shape.length === 3 && x.shape[2] === 4, 'f32[H,W,4]');
    return { y: x };
  },
  kernels: [{ name: 'registers', on: 'any', make: ({ x }) => perPixel(flipWgsl, x) }],
  cost: () => ({ flops: 0 }),
});

/** y[H,W] = (x + flipped, flipped back) / 2. */
export const flipMean = defineOp<FlipMeanInputs, Record<never, never>>({
  name: 'flip_mean',
  infer({ x, flipped }) {
    const maps = [x, flipped].every(({ dtype, shape }) => dtype === 'f32' && shape.length === 2);
    const alike = x.shape.join() === flipped.shape.join();
    ensureTypes('flip_mean', { x, flipped }, maps && alike, 'f32[H,W], twice');
    return { y: x };
  },
  kernels: [{ name: 'registers', on: 'any', make: ({ x }) => perPixel(flipMeanWgsl, x) }],
  cost: ({ x: { shape } }) => ({ flops: 2 * (shape[0] as number) * (shape[1] as number) }),
});
