import attractWgsl from '../../shaders/zoe_attract.wgsl?raw';
import depthWgsl from '../../shaders/zoe_depth.wgsl?raw';
import epilogueWgsl from '../../shaders/epilogue.wgsl?raw';
import routeWgsl from '../../shaders/zoe_route.wgsl?raw';
import seedsWgsl from '../../shaders/zoe_seeds.wgsl?raw';
import softplusWgsl from '../../shaders/softplus.wgsl?raw';
import { ensureTypes, map3, numel, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { bilinearKernel, resizeScale } from './store.js';

/** The ops of the metric head of ZoeDepth, arXiv 2302.12288. All are f32. */

const WORKGROUP = 64;
/** Bins of a pixel. */
const BINS = 64;

export interface ZoeSeedsInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,bins], f32 */
  readonly x: TensorType;
}

export interface ZoeBinsAttrs {
  /** Whether bins are places in 0 to 1, as of the model K; else they are depth. */
  readonly normed: boolean;
}

/** Centres of bins: y[H,W,bins] = softplus(x), or the middles of bins as wide as relu(x) + 0.001 that fill 0 to 1. */
export const zoeSeeds = defineOp<ZoeSeedsInputs, ZoeBinsAttrs>({
  name: 'zoe_seeds',
  infer({ x }) {
    ensureTypes('zoe_seeds', { x }, x.dtype === 'f32' && map3(x)[2] % 4 === 0, 'f32[H,W,bins]');
    return { y: x };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { normed }) {
        const [H, W, B] = map3(x);
        return {
          files: [seedsWgsl, softplusWgsl],
          tunables: { NORMED: normed, WORKGROUP },
          params: { PIXELS: H * W, B4: B / 4 },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ x }) => ({ flops: 12 * numel(x.shape) }),
});

export interface ZoeAttractInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,A], f32: attractors, or where bins are normed two values for each; the rest is not read. */
  readonly x: TensorType;
  /** Bins of the coarser grid [LH,LW,bins], f32. */
  readonly low: TensorType;
}

export interface ZoeAttractAttrs extends ZoeBinsAttrs {
  /** Attractors of a pixel. */
  readonly count: number;
  /** Least and largest depth, where bins of 0 to 1 are made depth. */
  readonly range?: readonly [number, number];
}

/** Bins of the coarser grid, resized and drawn to attractors: y[H,W,bins]. */
export const zoeAttract = defineOp<ZoeAttractInputs, ZoeAttractAttrs>({
  name: 'zoe_attract',
  infer({ x, low }, { count, normed }) {
    const [H, W, A] = map3(x);
    const [, , B] = map3(low);
    const fits =
      x.dtype === 'f32' && low.dtype === 'f32' && A % 4 === 0 && A >= count * (normed ? 2 : 1) && B % 4 === 0;
    ensureTypes('zoe_attract', { x, low }, fits, `f32[H,W,A] of ${count} attractors and f32[LH,LW,bins]`);
    return { y: { dtype: 'f32', shape: [H, W, B] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x, low }, { normed, count, range }) {
        const [H, W, A] = map3(x);
        const resize = bilinearKernel(low, [H, W], true);
        const [LEAST, MOST] = range ?? [0, 1];
        return {
          files: [attractWgsl, ...resize.files, softplusWgsl],
          tunables: { ...resize.tunables, NORMED: normed, SCALED: range !== undefined, COUNT: count, WORKGROUP },
          params: { ...resize.params, H, W, A4: A / 4, B4: map3(low)[2] / 4, LEAST, MOST },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, { count }, { y }) => ({ flops: 6 * count * numel(y.shape) }),
});

export interface ZoeDepthInputs {
  readonly [name: string]: TensorType | undefined;
  /** Of the relative head, before its last layer: [H,W,F], f32. */
  readonly features: TensorType;
  /** What the coarser grid adds to the hidden layer, with its bias: [LH,LW,M], f32. */
  readonly embedding: TensorType;
  /** Depth of the bins [LH,LW,64], f32. */
  readonly bins: TensorType;
  /** [F,M], or [F+1,M] where relative depth is an input, f32. */
  readonly weight1: TensorType;
  /** [M+1,4], the bias last, f32. */
  readonly weight2: TensorType;
  /** Weight and bias of the relative depth, [F+4], f32. */
  readonly relative: TensorType;
  /** ln of the binomial coefficients, [64], f32. */
  readonly choose: TensorType;
}

/** Depth in metres [H,W]: the mean of the bins under a log-binomial distribution, and what makes its parameters. */
export const zoeDepth = defineOp<ZoeDepthInputs, Record<never, never>, { depth: TensorType }>({
  name: 'zoe_depth',
  infer({ features, embedding, bins, weight1, weight2, relative, choose }) {
    const [H, W, F] = map3(features);
    const [LH, LW, M] = map3(embedding);
    const rows = weight1.shape[0] as number;
    const fits = F % 4 === 0 && M % 4 === 0 && weight1.shape[1] === M && (rows === F || rows === F + 1);
    ensureTypes('zoe_depth', { features, embedding, weight1 }, fits, '[H,W,F], [LH,LW,M] and [F,M] or [F+1,M]');
    ensureTypes('zoe_depth', { embedding, bins }, bins.shape.join() === [LH, LW, BINS].join(), `[${LH},${LW},${BINS}]`);
    const rest = weight2.shape.join() === [M + 1, 4].join() && numel(relative.shape) === F + 4;
    ensureTypes('zoe_depth', { weight2, relative }, rest && numel(choose.shape) === BINS, `[${M + 1},4], [${F + 4}]`);
    return { depth: { dtype: 'f32', shape: [H, W] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ features, embedding, weight1 }) {
        const [H, W, F] = map3(features);
        const [LH, LW, M] = map3(embedding);
        return {
          files: [depthWgsl, epilogueWgsl, softplusWgsl],
          tunables: { FEATURES: F / 4, RELATIVE: weight1.shape[0] === F + 1, ACT: 2, WORKGROUP },
          params: {
            ...{ H, W, LH, LW, HIDDEN: M / 4, BINS4: BINS / 4 },
            SCALE_Y: resizeScale(LH, H, true),
            SCALE_X: resizeScale(LW, W, true),
          },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ weight1 }, _attrs, { depth }) => ({ flops: numel(depth.shape) * (2 * numel(weight1.shape) + 20 * BINS) }),
});

export interface ZoeRouteInputs {
  readonly [name: string]: TensorType | undefined;
  /** [1,N], f32: the first two count. */
  readonly logits: TensorType;
  /** [H,W], f32 */
  readonly indoor: TensorType;
  /** [H,W], f32 */
  readonly outdoor: TensorType;
}

/** The map of the larger of two logits. */
export const zoeRoute = defineOp<ZoeRouteInputs, Record<never, never>, { depth: TensorType }>({
  name: 'zoe_route',
  infer({ logits, indoor, outdoor }) {
    ensureTypes('zoe_route', { logits }, logits.dtype === 'f32' && numel(logits.shape) >= 2, 'f32[1,2] or more');
    ensureTypes('zoe_route', { indoor, outdoor }, indoor.shape.join() === outdoor.shape.join(), 'maps of one size');
    return { depth: indoor };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: ({ indoor }) => ({
        files: [routeWgsl],
        tunables: { WORKGROUP },
        params: { SIZE: numel(indoor.shape) },
        workgroups: Math.ceil(numel(indoor.shape) / WORKGROUP),
      }),
    },
  ],
  cost: ({ indoor }) => ({ flops: numel(indoor.shape) }),
});
