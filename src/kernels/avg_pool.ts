import avgPoolWgsl from '../../shaders/avg_pool.wgsl?raw';
import { ensureTypes, map3, numel, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface AvgPoolInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
}

export interface AvgPoolAttrs {
  /** Rows and columns of a window, which are those from one window to the next. */
  readonly window: readonly [rows: number, columns: number];
  readonly out?: DType;
}

/** The mean of each channel in windows that touch; rows and columns that fill no window are dropped. y[OH,OW,C]. */
export const avgPool = defineOp<AvgPoolInputs, AvgPoolAttrs>({
  name: 'avg_pool',
  infer({ x }, { window: [KH, KW], out = 'f32' }) {
    const [H, W, C] = map3(x);
    ensureTypes('avg_pool', { x }, C % 4 === 0, '[H,W,C] with C a multiple of 4');
    ensureTypes('avg_pool', { x }, H >= KH && W >= KW, `a map no smaller than the ${KH}×${KW} window`);
    return { y: { dtype: out, shape: [Math.floor(H / KH), Math.floor(W / KW), C] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { window: [KH, KW] }, { y }) {
        const [OH, OW, C] = map3(y);
        return {
          files: [avgPoolWgsl],
          tunables: { xelem: x.dtype, yelem: y.dtype, KH, KW, WORKGROUP },
          params: { W: map3(x)[1], C4: C / 4, OH, OW },
          workgroups: Math.ceil(numel(y.shape) / 4 / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ x }) => ({ flops: numel(x.shape) }),
});
