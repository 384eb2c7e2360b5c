import rowsWgsl from '../../shaders/gemm_load_rows.wgsl?raw';
import gegluWgsl from '../../shaders/store_geglu.wgsl?raw';
import { ensureTypes, tokens2, type DType, type TensorType } from '../tensor.js';
import { productKernels, type Product } from './gemm_kernels.js';
import { gegluProbes } from './geglu.probe.js';
import { defineOp } from './op.js';
import { epilogueKernel } from './store.js';

export interface GegluInputs {
  readonly [name: string]: TensorType | undefined;
  /** [M,K] */
  readonly x: TensorType;
  /** [K,2·N], columns of values and of gates in turns of two. */
  readonly weight: TensorType;
  /** [2·N], f32, in the same order. */
  readonly bias: TensorType;
}

export interface GegluAttrs {
  readonly out?: DType;
}

/** Linear layer whose one half is let through by the GELU of the other: y[M,N] = a · GELU(g). arXiv 2002.05202. */
export const geglu = defineOp<GegluInputs, GegluAttrs>({
  name: 'geglu',
  infer({ x, weight, bias }, { out = 'f32' }) {
    const [M, K] = tokens2(x);
    const columns = weight.shape[1] as number;
    const fits = K % 4 === 0 && weight.shape.join() === [K, columns].join() && columns % 8 === 0;
    ensureTypes('geglu', { x, weight }, fits, `[${K},2·N] with N a multiple of 4`);
    ensureTypes('geglu', { bias }, bias.dtype === 'f32' && bias.shape.join() === `${columns}`, `f32[${columns}]`);
    return { y: { dtype: out, shape: [M, columns / 2] } };
  },
  kernels: productKernels(productOf),
  probes: async () => gegluProbes,
  cost: ({ x, weight }) => ({ flops: 2 * tokens2(x)[0] * tokens2(weight)[0] * tokens2(weight)[1] }),
});

function productOf({ x, weight }: GegluInputs, _attrs: GegluAttrs, y: TensorType): Product {
  const { files, tunables, params } = epilogueKernel('none', y);
  return {
    M: tokens2(x)[0],
    weight,
    store: { files: [gegluWgsl, ...files], tunables, params },
    loader: { files: [rowsWgsl], tunables: { xelem: x.dtype, SKIP: 0 }, params: {} },
  };
}
