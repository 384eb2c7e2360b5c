import rowPairWgsl from '../../shaders/row_pair.wgsl?raw';
import { ensureTypes, tokens2, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { epilogueKernel } from './store.js';

const WORKGROUP = 64;

export interface RowPairInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T,C], f32 */
  readonly first: TensorType;
  /** [T,C], f32 */
  readonly second: TensorType;
}

export interface RowPairAttrs {
  readonly out?: DType;
}

/** The first rows of two tensors side by side, y[1,2·C]. */
export const rowPair = defineOp<RowPairInputs, RowPairAttrs>({
  name: 'row_pair',
  infer({ first, second }, { out = 'f32' }) {
    const [, C] = tokens2(first);
    const fits = C % 4 === 0 && second.shape.join() === first.shape.join();
    ensureTypes('row_pair', { first, second }, fits, '[T,C] both');
    ensureTypes('row_pair', { first, second }, first.dtype === 'f32' && second.dtype === 'f32', 'f32');
    return { y: { dtype: out, shape: [1, 2 * C] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ first }, _attrs, { y }) {
        const C4 = tokens2(first)[1] / 4;
        const end = epilogueKernel('none', y);
        return {
          files: [rowPairWgsl, ...end.files],
          tunables: { ...end.tunables, WORKGROUP },
          params: { C4 },
          workgroups: Math.ceil((2 * C4) / WORKGROUP),
        };
      },
    },
  ],
  cost: () => ({ flops: 0 }),
});
