import copyWgsl from './shaders/copy_rate.wgsl?raw';
import emptyWgsl from './shaders/empty.wgsl?raw';
import fmaWgsl from './shaders/fma_rate.wgsl?raw';
import workgroupWgsl from './shaders/workgroup_rate.wgsl?raw';
import { defineOp } from '../src/kernels/op.js';
import type { TensorType } from '../src/tensor.js';

/** Invocations and iterations of a ceiling kernel; shapes do not follow from its inputs. */
export interface LoadAttrs {
  readonly invocations: number;
  readonly iterations: number;
}

type X = { readonly [name: string]: TensorType | undefined; readonly x: TensorType };

const FMA_CHAINS = 8;
const WORKGROUP_READS = 4;
const one = (invocations: number): { y: TensorType } => ({ y: { dtype: 'f32', shape: [invocations, 4] } });

/** Fused multiply-adds in registers; the op's cost is its work. */
export function fmaRate(elem: 'f32' | 'f16') {
  return defineOp<X, LoadAttrs>({
    name: `fma_rate_${elem}`,
    infer: (_, { invocations }) => one(invocations),
    kernels: [
      {
        name: 'chains',
        on: 'any',
        make: (_, { invocations, iterations }) => ({
          files: [fmaWgsl],
          tunables: { elem, WORKGROUP: 64 },
          params: { ITERATIONS: iterations },
          workgroups: invocations / 64,
        }),
      },
    ],
    cost: (_, { invocations, iterations }) => ({ flops: 2 * 4 * FMA_CHAINS * invocations * iterations }),
  });
}

/** Copies x to y. */
export const copyRate = defineOp<X, object>({
  name: 'copy_rate',
  infer: ({ x }) => ({ y: x }),
  kernels: [
    {
      name: 'lines',
      on: 'any',
      make: ({ x }) => {
        const length = (x.shape[0] as number) * ((x.shape[1] as number) / 4);
        return { files: [copyWgsl], tunables: {}, params: { LENGTH: length }, workgroups: Math.ceil(length / 256) };
      },
    },
  ],
  cost: () => ({ flops: 0 }),
});

/** Reads workgroup memory. */
export const workgroupRate = defineOp<X, LoadAttrs>({
  name: 'workgroup_rate',
  infer: (_, { invocations }) => one(invocations),
  kernels: [
    {
      name: 'reads',
      on: 'any',
      make: (_, { invocations, iterations }) => ({
        files: [workgroupWgsl],
        tunables: {},
        params: { ITERATIONS: iterations },
        workgroups: invocations / 64,
      }),
    },
  ],
  cost: () => ({ flops: 0 }),
});

/** Bytes of workgroup memory that `workgroupRate` reads. */
export function workgroupBytes({ invocations, iterations }: LoadAttrs): number {
  return 16 * WORKGROUP_READS * invocations * iterations;
}

/** Next to nothing. */
export const emptyDispatch = defineOp<Record<string, never>, object>({
  name: 'empty',
  infer: () => one(1),
  kernels: [
    { name: 'store', on: 'any', make: () => ({ files: [emptyWgsl], tunables: {}, params: {}, workgroups: 1 }) },
  ],
  cost: () => ({ flops: 0 }),
});
