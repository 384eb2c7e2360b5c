import resampleWgsl from '../../shaders/resample.wgsl?raw';
import resizeMapWgsl from '../../shaders/resize_map.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { ensureSides } from './preprocess.js';

const WORKGROUP = 64;

/** Interpolation between the pixels of a map; only the last puts corner pixels on corner pixels. */
export type ResizeFilter = 'bicubic' | 'bilinear' | 'bilinear-align-corners';

const FILTER: Record<ResizeFilter, number> = { bilinear: 0, 'bilinear-align-corners': 1, bicubic: 2 };

export interface ResizeMapInputs {
  readonly [name: string]: TensorType | undefined;
  /** [IH,IW], f32 */
  readonly x: TensorType;
}

export interface ResizeMapAttrs {
  /** Output [H,W]. */
  readonly size: readonly [number, number];
  readonly filter: ResizeFilter;
  /** Rows above and below and columns on both sides that x has besides, in pixels of y; none unless given. */
  readonly border?: readonly [rows: number, columns: number] | undefined;
}

/** y[H,W]: a single-channel map resized as PyTorch's `interpolate` does; bicubic may overshoot the values of x. */
export const resizeMap = defineOp<ResizeMapInputs, ResizeMapAttrs>({
  name: 'resize_map',
  infer({ x }, { size, border = [0, 0] }) {
    ensureTypes('resize_map', { x }, x.dtype === 'f32' && x.shape.length === 2, 'f32[IH,IW]');
    const whole = size.map((side, i) => side + 2 * (border[i] as number));
    ensureSides('resize_map', x.shape, whole);
    return { y: { dtype: 'f32', shape: [...size] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { size: [H, W], filter, border: [TOP, LEFT] = [0, 0] }) {
        const [IH, IW] = x.shape as [number, number];
        return {
          files: [resizeMapWgsl, resampleWgsl],
          tunables: { FILTER: FILTER[filter], WORKGROUP },
          params: { IH, IW, H, W, TOP, LEFT },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, { size: [H, W], filter }) => ({ flops: 2 * (filter === 'bicubic' ? 20 : 6) * H * W }),
});
