import noneWgsl from '../../shaders/frames_none.wgsl?raw';
import pastWgsl from '../../shaders/frames_past.wgsl?raw';
import storedWgsl from '../../shaders/stored.wgsl?raw';
import attentionWgsl from '../../shaders/temporal_attention.wgsl?raw';
import { ensureTypes, tokens2, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

/** Frames that attention spans, that at hand included. */
export const FRAMES = 32;
/** Invocations of a pixel, one for each head, and pixels of a workgroup. */
const LANES = 8;
const PIXELS = 8;
/** Which earlier frames there are, as `frames_past.wgsl` reads it. */
export const FRAME_TABLE: TensorType = { dtype: 'u32', shape: [2 * FRAMES] };

export interface TemporalAttentionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [P, heads·C]: queries of all heads, by the rows that the keys are projected from. */
  readonly q: TensorType;
  /** [P, C], of the type of q: rows of the frame at hand. */
  readonly x: TensorType;
  /** [32, C], f32, added to the rows of the frame at each place. */
  readonly positions: TensorType;
  /** [slots, P, C], of the type of q: rows of earlier frames; none for a frame alone. */
  readonly past?: TensorType | undefined;
  /** `FRAME_TABLE`, with `past`: the count of earlier frames, at most 31, the place of x; their slots and places. */
  readonly frames?: TensorType | undefined;
}

export interface TemporalAttentionAttrs {
  /** Factor of the scores. */
  readonly scale: number;
  readonly out?: DType;
}

/**
 * Attention of each pixel of a frame to the same pixel of the frames before it and its own, on rows that are not
 * projected: y[P, heads·C], the mean row of each of 8 heads.
 */
export const temporalAttention = defineOp<TemporalAttentionInputs, TemporalAttentionAttrs>({
  name: 'temporal_attention',
  infer({ q, x, positions, past, frames }, { out = 'f32' }) {
    const [P, C] = tokens2(x);
    const fits = C % 4 === 0 && q.dtype === x.dtype && q.shape.join() === [P, LANES * C].join();
    ensureTypes('temporal_attention', { q, x }, fits, `[P,${LANES}·C] and [P,C] of one type`);
    const placed = positions.dtype === 'f32' && positions.shape.join() === [FRAMES, C].join();
    ensureTypes('temporal_attention', { positions }, placed, `f32[${FRAMES},${C}]`);
    const kept = past?.dtype === x.dtype && past.shape.slice(1).join() === [P, C].join();
    const listed = frames?.dtype === 'u32' && frames.shape.join() === FRAME_TABLE.shape.join();
    ensureTypes('temporal_attention', { past, frames }, past || frames ? kept && listed : true, `[slots,${P},${C}]`);
    return { y: { dtype: out, shape: q.shape } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ x, past }, { scale }, { y }) {
        const [P, C] = tokens2(x);
        return {
          // A mean of rows is within their range.
          files: [attentionWgsl, past ? pastWgsl : noneWgsl, storedWgsl],
          tunables: { xelem: x.dtype, yelem: y.dtype, HEADS: LANES, LANES, EACH: FRAMES / LANES, PIXELS },
          params: { P, C4: C / 4, SCALE: scale * Math.LOG2E },
          workgroups: Math.ceil(P / PIXELS),
        };
      },
    },
  ],
  cost: ({ q, past }) => ({ flops: 4 * tokens2(q)[0] * tokens2(q)[1] * (past ? FRAMES : 1) }),
});
