import noneWgsl from '../../shaders/frames_none.wgsl?raw';
import pastWgsl from '../../shaders/frames_past.wgsl?raw';
import storedWgsl from '../../shaders/stored.wgsl?raw';
import workgroupWgsl from '../../shaders/temporal_attention.wgsl?raw';
import subgroupWgsl from '../../shaders/temporal_attention_subgroup.wgsl?raw';
import { ensureTypes, numel, tokens2, type DType, type TensorType } from '../tensor.js';
import { defineOp, type Kernel } from './op.js';

/** Places of a clip, and heads. */
export const PLACES = 32;
export const HEADS = 8;
/** What the frame at hand sees, as `frames_past.wgsl` reads it. */
export const FRAME_TABLE: TensorType = { dtype: 'u32', shape: [4 + PLACES] };

export interface TemporalAttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [P, 8·(C + 32)]: for each head its query by the rows that keys are projected from, then by the 32 places. */
  readonly q: TensorType;
  /** [P, C], of the type of q: rows of the frame at hand. */
  readonly x: TensorType;
  /** [slots, P, C], of the type of q: rows of other frames; none for a clip of one frame. */
  readonly past?: TensorType | undefined;
  /** `FRAME_TABLE`, with `past`: how many other frames there are, the place of x; then the slots of all places. */
  readonly frames?: TensorType | undefined;
}

export interface TemporalAttentionAttrs {
  /** Factor of the scores. */
  readonly scale: number;
  readonly out?: DType;
}

/**
 * Attention of each pixel of a frame to the same pixel of a clip's frames, on rows that are not projected:
 * y[P, 8·(C + 32)], for each head the mean of the rows, then the shares of the places in it. What keys and values have
 * of their places by themselves goes with q and the shares.
 */
export const temporalAttention = defineOp<TemporalAttentionInputs, TemporalAttentionAttrs>({
  name: 'temporal_attention',
  infer({ q, x, past, frames }, { out = 'f32' }) {
    const [P, C] = tokens2(x);
    const fits = C % 4 === 0 && q.dtype === x.dtype && q.shape.join() === [P, HEADS * (C + PLACES)].join();
    ensureTypes('temporal_attention', { q, x }, fits, `[P,${HEADS}·(C+${PLACES})] and [P,C] of one type`);
    const kept = past?.dtype === x.dtype && past.shape.slice(1).join() === [P, C].join();
    const listed = frames?.dtype === 'u32' && frames.shape.join() === FRAME_TABLE.shape.join();
    const expected = `[slots,${P},${C}] and u32[${FRAME_TABLE.shape}]`;
    ensureTypes('temporal_attention', { past, frames }, past || frames ? kept && listed : true, expected);
    return { y: { dtype: out, shape: q.shape } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make: (inputs, attrs, { y }) => kernelOf(inputs, attrs, y, workgroupWgsl, { STEPS: PLACES / 4 }),
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => ({
        ...kernelOf(inputs, attrs, y, subgroupWgsl, { STEPS: PLACES / HEADS, LOOP: HEADS }),
        subgroupSize: HEADS,
      }),
    },
  ],
  cost: ({ x, past }) => ({ flops: 4 * HEADS * numel(x.shape) * (past ? PLACES : 1) }),
});

function kernelOf(
  { x, past }: TemporalAttentionInputs,
  { scale }: TemporalAttentionAttrs,
  y: TensorType,
  file: string,
  params: Kernel['params'],
): Kernel {
  const [P, C] = tokens2(x);
  return {
    // Shares, and a mean of rows, are within the range of f16.
    files: [file, past ? pastWgsl : noneWgsl, storedWgsl],
    tunables: { xelem: x.dtype, yelem: y.dtype, HEADS, PLACES },
    params: { P, C4: C / 4, SCALE: scale * Math.LOG2E, ...params },
    workgroups: P,
  };
}
