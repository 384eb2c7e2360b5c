import affineWgsl from '../../shaders/affine.wgsl?raw';
import doubtWgsl from '../../shaders/doubt.wgsl?raw';
import distanceWgsl from '../../shaders/doubt_distance.wgsl?raw';
import evidenceWgsl from '../../shaders/doubt_evidence.wgsl?raw';
import fitWgsl from '../../shaders/doubt_fit.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import type { Normalization } from './preprocess.js';

const WORKGROUP = 64;
/** Of one workgroup that goes over a whole map. */
const WHOLE_WORKGROUP = 128;
/** Pixels along a side that it goes over, at most. */
const SIDE = 64;
/** Pixels that are looked at around one, five by five, are so many of the shorter side apart: two of nano's 192. */
const TAPS_IN_SIDE = 96;
/** Values that differ by more in sRGB, 0 to 1, than noise and compression leave. */
const VISIBLE = 0.04;
/** Scale, shift, standard deviation of the depth, its least value. */
const FIT: TensorType = { dtype: 'f32', shape: [4] };
const SHARE: TensorType = { dtype: 'f32', shape: [1] };

/** Pixels between those that are looked at around one. */
const apart = (H: number, W: number): number => Math.max(1, Math.round(Math.min(H, W) / TAPS_IN_SIDE));
/** Pixels that one workgroup goes over. */
const sampled = (sides: readonly number[]): number =>
  sides.reduce((product, side) => product * Math.min(side, SIDE), 1);

/** What an output pixel reads: column `scaleX` · x + `moveX` and row `scaleY` · y + `moveY`. */
export interface AffineAttrs {
  readonly scaleX: number;
  readonly moveX: number;
  readonly scaleY: number;
  readonly moveY: number;
}

export interface AffineInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,4] or [H,W], f32 */
  readonly x: TensorType;
}

/** y, of the shape of x: x mirrored, moved or at another scale, with its surroundings mirrored at the borders. */
export const affine = defineOp<AffineInputs, AffineAttrs>({
  name: 'affine',
  infer({ x }) {
    const fits = x.shape.length === 2 || (x.shape.length === 3 && x.shape[2] === 4);
    ensureTypes('affine', { x }, x.dtype === 'f32' && fits, 'f32[H,W] or f32[H,W,4]');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { scaleX, moveX, scaleY, moveY }) {
        const [H, W, C = 1] = x.shape as [number, number, number?];
        return {
          files: [affineWgsl],
          tunables: { WORKGROUP, elem: C === 4 ? 'vec4f' : 'f32' },
          params: { H, W, AX: scaleX, BX: moveX, AY: scaleY, BY: moveY },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ x }) => ({ flops: 2 * 6 * numel(x.shape) }),
});

/** What of another estimate is unknown. */
export type Freedom = 'scale' | 'scale-and-shift';

/** Rows and columns of a map, from the first to before the last. */
export interface Seen {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export interface DoubtFitInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly depth: TensorType;
  /** [H,W], f32: another estimate of it. */
  readonly other: TensorType;
}

export interface DoubtFitAttrs {
  readonly freedom: Freedom;
  /** What `other` shows. */
  readonly seen: Seen;
}

/** fit[4]: scale and shift that lay `other` onto `depth`, and standard deviation and least value of the depth. */
export const doubtFit = defineOp<DoubtFitInputs, DoubtFitAttrs, { fit: TensorType }>({
  name: 'doubt_fit',
  infer({ depth, other }) {
    ensureMaps('doubt_fit', { depth, other });
    return { fit: FIT };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ depth }, { freedom, seen: { top: TOP, left: LEFT, bottom, right } }) {
        const W = depth.shape[1] as number;
        return {
          files: [fitWgsl],
          tunables: { WORKGROUP: WHOLE_WORKGROUP, SIDE },
          params: {
            W,
            TOP,
            LEFT,
            ROWS: bottom - TOP,
            COLUMNS: right - LEFT,
            SHIFT: freedom === 'scale-and-shift' ? 1 : 0,
          },
          workgroups: 1,
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 11 * sampled(depth.shape) }),
});

/** A depth map, two other estimates of it, and how each is laid onto it. */
export interface DoubtDistanceInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32; so are the next two. */
  readonly depth: TensorType;
  readonly a: TensorType;
  readonly b: TensorType;
  /** [4], f32, from `doubtFit`; so is the next one. */
  readonly fit_a: TensorType;
  readonly fit_b: TensorType;
}

export interface DoubtDistanceAttrs {
  /** What `a` shows. */
  readonly inA: Seen;
  /** What `b` shows. */
  readonly inB: Seen;
}

/**
 * distance[H,W]: how far the farther of two other estimates is from each value of a depth map, where they show it.
 * Over the last 8 % of a side before they end inside of the map they count less and less.
 */
export const doubtDistance = defineOp<DoubtDistanceInputs, DoubtDistanceAttrs, { distance: TensorType }>({
  name: 'doubt_distance',
  infer({ depth, a, b, fit_a, fit_b }) {
    ensureMaps('doubt_distance', { depth, a, b });
    ensureFits('doubt_distance', { fit_a, fit_b });
    return { distance: depth };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }, { inA, inB }) {
        const [H, W] = depth.shape as [number, number];
        return {
          files: [distanceWgsl],
          tunables: { WORKGROUP },
          params: {
            ...{ H, W },
            ...{ A_TOP: inA.top, A_LEFT: inA.left, A_BOTTOM: inA.bottom, A_RIGHT: inA.right },
            ...{ B_TOP: inB.top, B_LEFT: inB.left, B_BOTTOM: inB.bottom, B_RIGHT: inB.right },
          },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 40 * numel(depth.shape) }),
});

export interface DoubtEvidenceInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,4], f32: what the network sees. */
  readonly picture: TensorType;
}

export interface DoubtEvidenceAttrs {
  /** What the picture's channels were divided by. */
  readonly std: Normalization['std'];
}

/** share[1]: the part of a picture that shows something, an edge or a texture. */
export const doubtEvidence = defineOp<DoubtEvidenceInputs, DoubtEvidenceAttrs, { share: TensorType }>({
  name: 'doubt_evidence',
  infer({ picture }) {
    const { dtype, shape } = picture;
    ensureTypes('doubt_evidence', { picture }, dtype === 'f32' && shape.length === 3 && shape[2] === 4, 'f32[H,W,4]');
    return { share: SHARE };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ picture }, { std: [r, g, b] }) {
        const [H, W] = picture.shape as [number, number, number];
        return {
          files: [evidenceWgsl],
          tunables: { WORKGROUP: WHOLE_WORKGROUP, SIDE },
          params: { H, W, APART: apart(H, W), STEP_R: VISIBLE / r, STEP_G: VISIBLE / g, STEP_B: VISIBLE / b },
          workgroups: 1,
        };
      },
    },
  ],
  cost: ({ picture }) => ({ flops: 25 * 6 * sampled(picture.shape.slice(0, 2)) }),
});

export interface DoubtInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly depth: TensorType;
  /** [H,W], f32, from `doubtDistance`; so is the next one, of other estimates. */
  readonly distance: TensorType;
  readonly aside: TensorType;
  /** [4], f32, from `doubtFit`. */
  readonly fit: TensorType;
  /** [1], f32, from `doubtEvidence`. */
  readonly share: TensorType;
}

export interface DoubtAttrs {
  /** Whether the depth is inverse, from an unknown zero. */
  readonly inverse: boolean;
}

/**
 * confidence[H,W] in 0…1: how near other estimates are to a depth map around each pixel, in relative depth, and whether
 * the picture shows anything to go by.
 */
export const doubt = defineOp<DoubtInputs, DoubtAttrs, { confidence: TensorType }>({
  name: 'doubt',
  infer({ depth, distance, aside, fit, share }) {
    ensureMaps('doubt', { depth, distance, aside });
    ensureFits('doubt', { fit });
    ensureTypes('doubt', { share }, share.dtype === 'f32' && share.shape.join() === '1', 'f32[1]');
    return { confidence: depth };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ depth }, { inverse }) {
        const [H, W] = depth.shape as [number, number];
        return {
          files: [doubtWgsl],
          tunables: { WORKGROUP, INVERSE: inverse },
          params: { H, W, APART: apart(H, W) },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 60 * numel(depth.shape) }),
});

function ensureMaps(op: string, maps: { readonly depth: TensorType; readonly [name: string]: TensorType }): void {
  const { depth } = maps;
  const fits = Object.values(maps).every(({ dtype, shape }) => dtype === 'f32' && shape.join() === depth.shape.join());
  ensureTypes(op, maps, fits && depth.shape.length === 2, 'f32[H,W] of one size');
}

function ensureFits(op: string, fits: Readonly<Record<string, TensorType>>): void {
  const fit = Object.values(fits).every(({ dtype, shape }) => dtype === 'f32' && shape.join() === '4');
  ensureTypes(op, fits, fit, 'f32[4]');
}
