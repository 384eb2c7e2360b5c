import blendWgsl from '../../shaders/steady_blend.wgsl?raw';
import fitWgsl from '../../shaders/steady_fit.wgsl?raw';
import flowWgsl from '../../shaders/steady_flow.wgsl?raw';
import lumaWgsl from '../../shaders/steady_luma.wgsl?raw';
import motionWgsl from '../../shaders/steady_motion.wgsl?raw';
import movedWgsl from '../../shaders/steady_moved.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import type { Normalization } from './preprocess.js';

const WORKGROUP = 64;
/** Of the one workgroup that fits, or finds the motion. */
const FIT_WORKGROUP = 128;
const BINS = 512;
/** Pixels along a side that are fitted, at most. */
const SIDE = 64;
/** Sums that take turns: one of what stands, two for a first line, three for each of three lines without outliers. */
const FIT_STEPS = 12;
/** Steps of Gauss and Newton, of which the first see farther. */
const MOTION_STEPS = 5;
/** Regions along a side, in each of which the maps are compared. */
const GRID = 8;
/** Values of a fit: see `steady_fit.wgsl`. */
export const FIT: TensorType = { dtype: 'f32', shape: [16 + GRID * GRID] };
/** Values of a motion: see `steady_motion.wgsl`. */
const MOTION: TensorType = { dtype: 'f32', shape: [12] };
/** Parts of red, green and blue in luma. */
const LUMA = [0.299, 0.587, 0.114] as const;

export interface LumaInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,4], f32: RGB, normalised. */
  readonly picture: TensorType;
}

/** luma[⌈H/2⌉,⌈W/2⌉] in 0…1 of a normalised picture, smoothed. */
export const steadyLuma = defineOp<LumaInputs, Normalization, { luma: TensorType }>({
  name: 'steady_luma',
  infer({ picture }) {
    const [H, W] = picture.shape as [number, number];
    ensureTypes('steady_luma', { picture }, picture.shape.join() === [H, W, 4].join(), '[H,W,4]');
    ensureTypes('steady_luma', { picture }, picture.dtype === 'f32', 'f32');
    return { luma: { dtype: 'f32', shape: [Math.ceil(H / 2), Math.ceil(W / 2)] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ picture }, { mean, std }, { luma }) {
        const [H, W] = picture.shape as [number, number];
        const [LH, LW] = luma.shape as [number, number];
        const [RED, GREEN, BLUE] = LUMA.map((part, c) => part * (std[c] as number)) as [number, number, number];
        const BLACK = LUMA.reduce((sum, part, c) => sum + part * (mean[c] as number), 0);
        return {
          files: [lumaWgsl],
          tunables: { WORKGROUP },
          params: { H, W, LH, LW, RED, GREEN, BLUE, BLACK },
          workgroups: Math.ceil((LH * LW) / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, _attrs, { luma }) => ({ flops: 2 * 3 * 17 * numel(luma.shape) }),
});

/** Two maps of a stream, the new one and the last, with luma of the pictures they are of. */
export interface SteadyInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly depth: TensorType;
  /** [LH,LW], f32, from `steadyLuma`. */
  readonly luma: TensorType;
  /** [H,W], f32: what `steadyBlend` made of the last map. */
  readonly last: TensorType;
  /** [LH,LW], f32 */
  readonly last_luma: TensorType;
}

export interface MotionInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W], f32 */
  readonly depth: TensorType;
  /** [LH,LW], f32, from `steadyLuma`. */
  readonly luma: TensorType;
  /** [LH,LW], f32 */
  readonly last_luma: TensorType;
  /** [80], f32: zeros where there is no last map. */
  readonly last_fit: TensorType;
}

export interface MotionAttrs {
  /** Whether the map is of inverse depth, up to a scale and shift: of no other a camera's motion is found. */
  readonly inverse: boolean;
}

/** motion[12]: how a camera moved through a scene that stands, and the share of the picture that moves. */
export const steadyMotion = defineOp<MotionInputs, MotionAttrs, { motion: TensorType }>({
  name: 'steady_motion',
  infer(inputs) {
    ensureSteady('steady_motion', { ...inputs, last: inputs.depth }, { fit: inputs.last_fit });
    return { motion: MOTION };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make: (inputs, { inverse }) => ({
        files: [motionWgsl, flowWgsl],
        tunables: { WORKGROUP: FIT_WORKGROUP, SIDE, GRID },
        params: { ...sidesOf(inputs), STEPS: inverse ? MOTION_STEPS : 0 },
        workgroups: 1,
      }),
    },
  ],
  cost: ({ depth }, { inverse }) => ({ flops: (inverse ? 180 * MOTION_STEPS : 4) * samplesOf(depth) }),
});

export interface FitInputs extends SteadyInputs {
  /** [80], f32: zeros where there is no last map. */
  readonly last_fit: TensorType;
  /** [12], f32, from `steadyMotion`. */
  readonly motion: TensorType;
}

export interface FitAttrs {
  /** Whether scale and shift are fitted: not of depth in metres. */
  readonly aligned: boolean;
}

/** fit[80]: scale and shift that lay a map onto the last one, cuts, and the range to draw with, in one workgroup. */
export const steadyFit = defineOp<FitInputs, FitAttrs, { fit: TensorType }>({
  name: 'steady_fit',
  infer(inputs) {
    ensureSteady('steady_fit', inputs, { fit: inputs.last_fit, motion: inputs.motion });
    return { fit: FIT };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make: (inputs, { aligned }) => ({
        files: [fitWgsl, flowWgsl, movedWgsl],
        tunables: { WORKGROUP: FIT_WORKGROUP, BINS, SIDE, GRID },
        params: { ...sidesOf(inputs), STEPS: aligned ? FIT_STEPS : 1 },
        workgroups: 1,
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 450 * samplesOf(depth) }),
});

export interface BlendInputs extends SteadyInputs {
  /** [80], f32, from `steadyFit`. */
  readonly fit: TensorType;
  /** [12], f32, from `steadyMotion`. */
  readonly motion: TensorType;
}

/** y[H,W]: the last map, moved towards the new one that is laid onto it, the more the more luma changes. */
export const steadyBlend = defineOp<BlendInputs, Record<never, never>>({
  name: 'steady_blend',
  infer(inputs) {
    ensureSteady('steady_blend', inputs, { fit: inputs.fit, motion: inputs.motion });
    return { y: inputs.depth };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: (inputs) => ({
        files: [blendWgsl, flowWgsl, movedWgsl],
        tunables: { WORKGROUP, GRID },
        params: sidesOf(inputs),
        workgroups: Math.ceil(numel(inputs.depth.shape) / WORKGROUP),
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 110 * numel(depth.shape) }),
});

function ensureSteady(
  op: string,
  { depth, luma, last, last_luma }: SteadyInputs,
  { fit, motion = MOTION }: { fit: TensorType; motion?: TensorType },
): void {
  const map = ({ dtype, shape }: TensorType) => dtype === 'f32' && shape.length === 2;
  ensureTypes(op, { depth, luma }, map(depth) && map(luma), 'f32[H,W]');
  ensureTypes(
    op,
    { depth, last },
    last.dtype === 'f32' && last.shape.join() === depth.shape.join(),
    'maps of one size',
  );
  const same = last_luma.dtype === 'f32' && last_luma.shape.join() === luma.shape.join();
  ensureTypes(op, { luma, last_luma }, same, 'luma of one size');
  const is = (type: TensorType, other: TensorType) =>
    type.dtype === other.dtype && type.shape.join() === other.shape.join();
  ensureTypes(op, { fit }, is(fit, FIT), `f32[${FIT.shape}]`);
  ensureTypes(op, { motion }, is(motion, MOTION), `f32[${MOTION.shape}]`);
}

function sidesOf({ depth, luma }: MotionInputs | SteadyInputs): Record<string, number> {
  const [H, W] = depth.shape as [number, number];
  const [LH, LW] = luma.shape as [number, number];
  return { H, W, LH, LW };
}

function samplesOf({ shape }: TensorType): number {
  return shape.reduce((product, side) => product * Math.min(side, SIDE), 1);
}
