import qkvWgsl from '../../shaders/attention_qkv.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, tokens2, type TensorType } from '../tensor.js';
import {
  attentionCost,
  attentionKernels,
  ensureWhere,
  whole,
  type AttentionAttrs,
  type AttentionForm,
} from './attention_kernels.js';
import { defineOp } from './op.js';

export interface AttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [T, heads·(D + D + V)]: queries, then keys, then values, of all heads each. */
  readonly qkv: TensorType;
  /** [heads, offsets], f32, added to the scores as `where` says; absent where it says nothing. */
  readonly bias?: TensorType | undefined;
}

/**
 * Multi-head self-attention softmax(q·kᵀ·scale + bias)·v without the output projection; scores are never stored.
 * y[T,heads·V]. D and V are multiples of 4. Queries of other tokens than the keys: `crossAttention`. Cosine attention:
 * `headUnit` before it and a scale of 1. Norms of queries and keys, and rotary embeddings: `headRotary` before it.
 */
export const attention = defineOp<AttentionInputs, AttentionAttrs>({
  name: 'attention',
  infer({ qkv, bias }, attrs) {
    const { heads, valueSize, out = 'f32' } = attrs;
    const [T, row] = tokens2(qkv);
    const form = formOf({ qkv }, attrs);
    const sizes = [form.headSize, form.valueSize];
    const expected = valueSize ? `[T,${heads}·(D+D+${valueSize})]` : `[T,3·${heads}·D]`;
    const fits =
      sizes.every((size) => size > 0 && size % 4 === 0) && heads * (2 * form.headSize + form.valueSize) === row;
    ensureTypes('attention', { qkv }, fits, `${expected} with D a multiple of 4`);
    ensureWhere('attention', form.where, { q: qkv, kv: qkv, bias }, heads);
    return { y: { dtype: out, shape: [T, heads * form.valueSize] } };
  },
  kernels: attentionKernels(formOf),
  probes: async () => (await parts.gpuTransformers()).attentionProbes,
  probesOf: ({ where }) => where?.probes,
  cost: (inputs, attrs) => attentionCost(formOf(inputs, attrs)),
});

function formOf(
  { qkv }: AttentionInputs,
  { heads, valueSize: given, scale, where, act }: AttentionAttrs,
): AttentionForm {
  const [T, row] = tokens2(qkv);
  const valueSize = given ?? row / heads / 3;
  const headSize = (row / heads - valueSize) / 2;
  return {
    heads,
    headSize,
    valueSize,
    scale: scale ?? headSize ** -0.5,
    where: where ?? whole(T, T),
    act,
    loader: { files: [qkvWgsl], tunables: { xelem: qkv.dtype }, params: {} },
  };
}
