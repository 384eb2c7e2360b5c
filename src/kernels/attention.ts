import attentionSource from '../../shaders/attention.wgsl?raw';
import { ensure, show, type DType, type TensorType } from '../tensor.js';
import { defineOp, type Kernel } from './op.js';

const WORKGROUP = 64;

export interface AttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T, 3·C]: queries, keys and values of all heads, each [HEADS, D]. */
  readonly qkv: TensorType;
}

export interface AttentionAttrs {
  readonly heads: number;
  readonly out?: DType;
}

/** Multi-head self-attention softmax(q·kᵀ/√D)·v without the output projection; scores are never stored. y[T,C]. */
export const attention = defineOp<AttentionInputs, AttentionAttrs>({
  name: 'attention',
  infer({ qkv }, { heads, out = 'f32' }) {
    const [T, C3] = qkv.shape as [number, number];
    ensure(C3 % (12 * heads) === 0, () => `attention: qkv is ${show(qkv)}, expected [T,3·${heads}·D] with D a multiple of 4.`);
    return { y: { dtype: out, shape: [T, C3 / 3] } };
  },
  kernels: {
    registers: (inputs, attrs, { y }) => attentionKernel(inputs.qkv, attrs, y, 4),
    one_query: (inputs, attrs, { y }) => attentionKernel(inputs.qkv, attrs, y, 1),
  },
  // Four queries an invocation keep 64 vec4 sums alive: fast where registers spill to a CPU cache, too many for a GPU.
  choose: (_inputs, _attrs, { software }) => (software ? 'registers' : 'one_query'),
  cost: ({ qkv }, _attrs, { y }) => ({ flops: 4 * (qkv.shape[0] as number) * (y.shape[0] as number) * (y.shape[1] as number) }),
});

function attentionKernel(qkv: TensorType, { heads }: AttentionAttrs, y: TensorType, QUERIES: number): Kernel {
  const [T, C] = y.shape as [number, number];
  const D = C / heads;
  return {
    sources: [attentionSource],
    tunables: { xelem: qkv.dtype, yelem: y.dtype, D4: D / 4, QUERIES, WORKGROUP },
    params: { T, HEADS: heads, SCALE: D ** -0.5 * Math.LOG2E },
    workgroups: heads * Math.ceil(T / (QUERIES * WORKGROUP)),
  };
}
