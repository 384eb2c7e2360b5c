import firstRowWgsl from '../../shaders/first_row.wgsl?raw';
import { ensureTypes, numel, tokens2, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface FirstRowInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T,C], f32 */
  readonly x: TensorType;
  /** [C], f32 */
  readonly row: TensorType;
}

/** y[T,C]: x with another first row. */
export const firstRow = defineOp<FirstRowInputs, Record<never, never>>({
  name: 'first_row',
  infer({ x, row }) {
    const [, C] = tokens2(x);
    ensureTypes('first_row', { x, row }, x.dtype === 'f32' && row.dtype === 'f32', 'f32');
    ensureTypes('first_row', { x, row }, row.shape.join() === `${C}` && C % 4 === 0, '[T,C] and [C]');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }) {
        const N4 = numel(x.shape) / 4;
        return {
          files: [firstRowWgsl],
          tunables: { WORKGROUP },
          params: { N4, C4: tokens2(x)[1] / 4 },
          workgroups: Math.ceil(N4 / WORKGROUP),
        };
      },
    },
  ],
  cost: () => ({ flops: 0 }),
});
