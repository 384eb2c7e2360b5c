import blendWgsl from '../../shaders/steady_blend.wgsl?raw';
import fitWgsl from '../../shaders/steady_fit.wgsl?raw';
import lumaWgsl from '../../shaders/steady_luma.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import type { Normalization } from './preprocess.js';

const WORKGROUP = 64;
/** Of the one workgroup that fits. */
const FIT_WORKGROUP = 128;
const BINS = 512;
/** Pixels along a side that are fitted, at most. */
const SIDE = 64;
/** Sums that take turns: three of luma, two for a first line, three for each of three lines without outliers. */
const FIT_STEPS = 14;
/** Regions along a side, in each of which the maps are compared. */
const GRID = 8;
/** Values of a fit: see `steady_fit.wgsl`. */
export const FIT: TensorType = { dtype: 'f32', shape: [16 + GRID * GRID] };
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

export interface FitInputs extends SteadyInputs {
  /** [80], f32: zeros where there is no last map. */
  readonly last_fit: TensorType;
}

export interface FitAttrs {
  /** Whether scale and shift are fitted: not of depth in metres. */
  readonly aligned: boolean;
}

/** fit[80]: scale and shift that lay a map onto the last one, cuts, and the range to draw with, in one workgroup. */
export const steadyFit = defineOp<FitInputs, FitAttrs, { fit: TensorType }>({
  name: 'steady_fit',
  infer(inputs) {
    ensureSteady('steady_fit', inputs, inputs.last_fit);
    return { fit: FIT };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make: (inputs, { aligned }) => ({
        files: [fitWgsl],
        tunables: { WORKGROUP: FIT_WORKGROUP, BINS, SIDE, GRID },
        params: { ...sidesOf(inputs), STEPS: aligned ? FIT_STEPS : 3 },
        workgroups: 1,
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 155 * samplesOf(depth) }),
});

export interface BlendInputs extends SteadyInputs {
  /** [80], f32, from `steadyFit`. */
  readonly fit: TensorType;
}

/** y[H,W]: the last map, moved towards the new one that is laid onto it, the more the more luma changes. */
export const steadyBlend = defineOp<BlendInputs, Record<never, never>>({
  name: 'steady_blend',
  infer(inputs) {
    ensureSteady('steady_blend', inputs, inputs.fit);
    return { y: inputs.depth };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: (inputs) => ({
        files: [blendWgsl],
        tunables: { WORKGROUP, GRID },
        params: sidesOf(inputs),
        workgroups: Math.ceil(numel(inputs.depth.shape) / WORKGROUP),
      }),
    },
  ],
  cost: ({ depth }) => ({ flops: 30 * numel(depth.shape) }),
});

function ensureSteady(op: string, { depth, luma, last, last_luma }: SteadyInputs, fit: TensorType): void {
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
  ensureTypes(op, { fit }, fit.dtype === FIT.dtype && fit.shape.join() === FIT.shape.join(), `f32[${FIT.shape}]`);
}

function sidesOf({ depth, luma }: SteadyInputs): Record<string, number> {
  const [H, W] = depth.shape as [number, number];
  const [LH, LW] = luma.shape as [number, number];
  return { H, W, LH, LW };
}

function samplesOf({ shape }: TensorType): number {
  return shape.reduce((product, side) => product * Math.min(side, SIDE), 1);
}
