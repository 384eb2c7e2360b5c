import extentWgsl from '../../shaders/depth_extent.wgsl?raw';
import histogramWgsl from '../../shaders/depth_histogram.wgsl?raw';
import normalizeWgsl from '../../shaders/depth_normalize.wgsl?raw';
import rangeWgsl from '../../shaders/depth_range.wgsl?raw';
import { ensure, ensureTypes, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 128;
const MAX_GROUPS = 64;
/** 8 KiB of workgroup memory. */
const BINS = 2048;

export interface DepthInput {
  readonly [name: string]: TensorType | undefined;
  /** f32[H,W] */
  readonly depth: TensorType;
}

/**
 * extent[G,4]: smallest and largest finite value and count of values that are not finite, of each of G interleaved
 * parts.
 */
export const depthExtent = defineOp<DepthInput, object, { extent: TensorType }>({
  name: 'depth_extent',
  infer({ depth }) {
    ensureDepth('depth_extent', depth);
    return { extent: { dtype: 'f32', shape: [groupsOf(depth), 4] } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ depth }) {
        const GROUPS = groupsOf(depth);
        return {
          files: [extentWgsl, normalizeWgsl],
          tunables: { WORKGROUP },
          params: { N: numel(depth.shape), GROUPS },
          workgroups: GROUPS,
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 2 * numel(depth.shape) }),
});

export interface HistogramInputs extends DepthInput {
  /** [G,4], from `depthExtent`. */
  readonly extent: TensorType;
}

/**
 * histogram[G,2048]: counts of the finite values of each of G interleaved parts, in equal bins from smallest to
 * largest.
 */
export const depthHistogram = defineOp<HistogramInputs, object, { histogram: TensorType }>({
  name: 'depth_histogram',
  infer({ depth, extent }) {
    ensureDepth('depth_histogram', depth);
    ensureTypes(
      'depth_histogram',
      { extent },
      extent.shape.join() === [groupsOf(depth), 4].join(),
      `[${groupsOf(depth)},4]`,
    );
    return { histogram: { dtype: 'u32', shape: [groupsOf(depth), BINS] } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ depth }) {
        const GROUPS = groupsOf(depth);
        return {
          files: [histogramWgsl, normalizeWgsl],
          tunables: { WORKGROUP, BINS },
          params: { N: numel(depth.shape), GROUPS },
          workgroups: GROUPS,
        };
      },
    },
  ],
  cost: ({ depth }) => ({ flops: 5 * numel(depth.shape) }),
});

export interface RangeInputs {
  readonly [name: string]: TensorType | undefined;
  /** [G,4], from `depthExtent`. */
  readonly extent: TensorType;
  /** [G,2048], from `depthHistogram`. */
  readonly histogram: TensorType;
}

/** Percentiles to take, in percent to two decimals. */
export interface RangeAttrs {
  readonly low: number;
  readonly high: number;
}

/** range[8] = min, max, low and high percentile, count of values that are not finite, count of finite values, 0, 0. */
export const depthRange = defineOp<RangeInputs, RangeAttrs, { range: TensorType }>({
  name: 'depth_range',
  infer({ extent, histogram }, { low, high }) {
    ensureTypes(
      'depth_range',
      { extent, histogram },
      histogram.dtype === 'u32' && histogram.shape.join() === [extent.shape[0], BINS].join(),
      `u32[${extent.shape[0]},${BINS}]`,
    );
    ensure(
      0 <= low && low <= high && high <= 100,
      () => `depth_range: percentiles are ${low} and ${high}, expected 0 <= low <= high <= 100.`,
      'OPTION_PERCENTILE',
    );
    return { range: { dtype: 'f32', shape: [8] } };
  },
  kernels: [
    {
      name: 'workgroup',
      on: 'any',
      make({ extent }, { low, high }) {
        const params = { GROUPS: extent.shape[0] as number, LOW: Math.round(100 * low), HIGH: Math.round(100 * high) };
        return { files: [rangeWgsl], tunables: { WORKGROUP, BINS }, params, workgroups: 1 };
      },
    },
  ],
  cost: ({ histogram }) => ({ flops: numel(histogram.shape) }),
});

/** Throws unless the tensor is a depth map. */
export function ensureDepth(op: string, depth: TensorType): void {
  ensureTypes(op, { depth }, depth.dtype === 'f32' && depth.shape.length === 2, 'f32[H,W]');
}

/** Workgroups that share a map, each with at least a few elements an invocation. */
function groupsOf({ shape }: TensorType): number {
  return Math.min(MAX_GROUPS, Math.ceil(numel(shape) / (4 * WORKGROUP)));
}
