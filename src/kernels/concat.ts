import concatWgsl from '../../shaders/concat.wgsl?raw';
import { ensureTypes, numel, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;

export interface ConcatInputs {
  readonly [name: string]: TensorType | undefined;
  /** [...,A] */
  readonly a: TensorType;
  /** [...,B] with the other dimensions of a. */
  readonly b: TensorType;
}

export interface ConcatAttrs {
  readonly out?: DType;
}

/** The channels of two maps, or tokens, as those of one: y[...,A+B]. */
export const concat = defineOp<ConcatInputs, ConcatAttrs>({
  name: 'concat',
  infer({ a, b }, { out = 'f32' }) {
    const [A, B] = [a, b].map(({ shape }) => shape.at(-1) as number) as [number, number];
    const leading = a.shape.slice(0, -1);
    const fits = b.shape.slice(0, -1).join() === leading.join() && A % 4 === 0 && B % 4 === 0;
    ensureTypes('concat', { a, b }, fits, 'equal sides and multiples of 4 channels');
    return { y: { dtype: out, shape: [...leading, A + B] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ a, b }, _attrs, { y }) {
        const [A, B] = [a, b].map(({ shape }) => shape.at(-1) as number) as [number, number];
        return {
          files: [concatWgsl],
          tunables: { aelem: a.dtype, belem: b.dtype, yelem: y.dtype, WORKGROUP },
          params: { R: numel(y.shape) / (A + B), A4: A / 4, B4: B / 4 },
          workgroups: Math.ceil(numel(y.shape) / 4 / WORKGROUP),
        };
      },
    },
  ],
  cost: () => ({ flops: 0 }),
});
