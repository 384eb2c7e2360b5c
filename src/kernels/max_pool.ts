import maxPoolWgsl from '../../shaders/max_pool.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { convSize, type Padding } from './conv2d.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface MaxPoolInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
}

export interface MaxPoolAttrs {
  /** Side of the window. */
  readonly window: number;
  readonly stride: number;
  readonly pad: Padding;
}

/** The largest value of each channel in a window; what lies outside of the map counts for nothing. y[OH,OW,C]. */
export const maxPool = defineOp<MaxPoolInputs, MaxPoolAttrs>({
  name: 'max_pool',
  infer({ x }, { window, stride, pad }) {
    const [H, W, C] = x.shape as [number, number, number];
    ensureTypes('max_pool', { x }, x.shape.length === 3 && C % 4 === 0, '[H,W,C] with C a multiple of 4');
    const [OH, OW] = convSize(H, W, window, window, stride, pad);
    ensureTypes('max_pool', { x }, OH > 0 && OW > 0, `a map no smaller than the ${window}×${window} window`);
    return { y: { dtype: x.dtype, shape: [OH, OW, C] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { window, stride, pad }, { y }) {
        const [H, W, C] = x.shape as [number, number, number];
        const [OH, OW] = y.shape as [number, number];
        return {
          files: [maxPoolWgsl],
          tunables: { xelem: x.dtype, yelem: y.dtype, K: window, STRIDE: stride, WORKGROUP },
          params: { H, W, C4: C / 4, OH, OW, PAD_Y: pad.top, PAD_X: pad.left },
          workgroups: Math.ceil(numel(y.shape) / 4 / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, { window }, { y }) => ({ flops: numel(y.shape) * window * window }),
});
