import crossWgsl from '../../shaders/attention_cross.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, tokens2, type DType, type TensorType } from '../tensor.js';
import {
  attentionCost,
  attentionKernels,
  ensureWhere,
  whole,
  type AttentionForm,
  type Where,
} from './attention_kernels.js';
import { defineOp } from './op.js';
import type { Activation } from './store.js';

export interface CrossAttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [TQ, heads·D]: queries of all heads. */
  readonly q: TensorType;
  /** [TK, heads·(D + V)], of the type of q: keys of all heads, then values. */
  readonly kv: TensorType;
  /** [heads, offsets], f32, added to the scores as `where` says; absent where it says nothing. */
  readonly bias?: TensorType | undefined;
}

export interface CrossAttentionAttrs {
  readonly heads: number;
  /** Factor of the scores; D^-1/2 where it is left out. */
  readonly scale?: number;
  /** `grid()`; all queries see all keys where it is left out. */
  readonly where?: Where;
  readonly act?: Activation;
  readonly out?: DType;
}

/** `attention` whose queries are other tokens than its keys and values: y[TQ,heads·V]. */
export const crossAttention = defineOp<CrossAttentionInputs, CrossAttentionAttrs>({
  name: 'cross_attention',
  infer({ q, kv, bias }, attrs) {
    const { heads, out = 'f32' } = attrs;
    const form = formOf({ q, kv }, attrs);
    const fits = [form.headSize, form.valueSize].every((size) => size > 0 && size % 4 === 0);
    const expected = `[TQ,${heads}·D] and [TK,${heads}·(D+V)] of one type, with D and V multiples of 4`;
    ensureTypes('cross_attention', { q, kv }, fits && q.dtype === kv.dtype, expected);
    ensureWhere('cross_attention', form.where, { q, kv, bias }, heads);
    return { y: { dtype: out, shape: [tokens2(q)[0], heads * form.valueSize] } };
  },
  kernels: attentionKernels(formOf),
  probes: async () => (await parts.gpuTransformers()).crossAttentionProbes,
  cost: (inputs, attrs) => attentionCost(formOf(inputs, attrs)),
});

function formOf({ q, kv }: CrossAttentionInputs, { heads, scale, where, act }: CrossAttentionAttrs): AttentionForm {
  const [[TQ, queries], [TK, row]] = [tokens2(q), tokens2(kv)];
  const headSize = queries / heads;
  return {
    heads,
    headSize,
    valueSize: row / heads - headSize,
    scale: scale ?? headSize ** -0.5,
    where: where ?? whole(TQ, TK),
    act,
    loader: { files: [crossWgsl], tunables: { xelem: q.dtype }, params: {} },
  };
}
