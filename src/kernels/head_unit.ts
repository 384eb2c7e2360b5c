import headUnitWgsl from '../../shaders/head_unit.wgsl?raw';
import { ensureTypes, numel, tokens2, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface HeadUnitInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T, 3·heads·D] */
  readonly qkv: TensorType;
  /** Of the queries of each head [heads], f32. */
  readonly factor: TensorType;
}

export interface HeadUnitAttrs {
  readonly heads: number;
  readonly out?: DType;
}

/**
 * What cosine attention reads, arXiv 2111.09883: queries and keys of every head at unit length, queries times a factor
 * of their head, values as they are. y[T,3·heads·D], for `attention` with a scale of 1.
 */
export const headUnit = defineOp<HeadUnitInputs, HeadUnitAttrs>({
  name: 'head_unit',
  infer({ qkv, factor }, { heads, out = 'f32' }) {
    const [, row] = tokens2(qkv);
    ensureTypes('head_unit', { qkv }, row % (12 * heads) === 0, `[T,3·${heads}·D] with D a multiple of 4`);
    ensureTypes('head_unit', { factor }, factor.dtype === 'f32' && numel(factor.shape) === heads, `f32[${heads}]`);
    return { y: { dtype: out, shape: qkv.shape } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ qkv }, { heads }, { y }) {
        const [T, row] = tokens2(qkv);
        const VECTORS = 3 * T * heads;
        return {
          files: [headUnitWgsl],
          tunables: { xelem: qkv.dtype, yelem: y.dtype, WORKGROUP },
          params: { VECTORS, HEADS: heads, D4: row / 12 / heads },
          workgroups: Math.ceil(VECTORS / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, _attrs, { y }) => ({ flops: 3 * numel(y.shape) }),
});
