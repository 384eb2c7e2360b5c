import uniformsWgsl from '../../shaders/depth_uniforms.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

export interface UniformsInputs {
  readonly [name: string]: TensorType | undefined;
  /** f32[8], from `depthRange`. */
  readonly range: TensorType;
}

export interface UniformsAttrs {
  /** 0 for relative inverse depth, 1 for relative depth, 2 for metres. */
  readonly kind: 0 | 1 | 2;
  /** Whether nearer things have the larger or the smaller values. */
  readonly nearer: 'larger' | 'smaller';
}

/**
 * uniforms[8] = min, max, low, high, scale, offset, kind, count of values that are not finite: what a shader takes
 * beside a map. scale · value + offset is 0 at the far end of min…max and 1 at the near one.
 */
export const depthUniforms = defineOp<UniformsInputs, UniformsAttrs, { uniforms: TensorType }>({
  name: 'depth_uniforms',
  infer({ range }) {
    ensureTypes('depth_uniforms', { range }, range.dtype === 'f32' && range.shape.join() === '8', 'f32[8]');
    return { uniforms: { dtype: 'f32', shape: [8] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: (_, { kind, nearer }) => ({
        files: [uniformsWgsl],
        tunables: { KIND: kind, LARGER: nearer === 'larger' },
        params: {},
        workgroups: 1,
      }),
    },
  ],
  cost: () => ({ flops: 4 }),
});
