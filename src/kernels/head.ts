import bilinearLoadWgsl from '../../shaders/conv_load_bilinear.wgsl?raw';
import headWgsl from '../../shaders/head.wgsl?raw';
import inputsWgsl from '../../shaders/head_inputs.wgsl?raw';
import storeWgsl from '../../shaders/head_store.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { convTiledWgsl, LANES, LEAST_TILED, SUBGROUP, TILED, tilesOf } from './conv_kernels.js';
import { type Kernel, type ShaderFile, defineOp } from './op.js';
import { bilinearKernel } from './store.js';
import { parts } from '../parts.js';

const tileWgsl = async () => (await parts.rare()).convTile;
const tiledWgsl = async () => (await parts.gpu()).headTiled;
const subgroupWgsl = async () => (await parts.rare()).head;

const WORKGROUP = 64;
/**
 * Pixels of a row that an invocation computes, and those of the wide kernel for CPU adapters: 1.6 times as fast on
 * llvmpipe.
 */
const PIXELS = 2;
const WIDE = 4;

export interface HeadInputs {
  readonly [name: string]: TensorType | undefined;
  /** [LH,LW,C] */
  readonly low: TensorType;
  /** [3,3,C,HIDDEN] */
  readonly weight1: TensorType;
  /** [HIDDEN], f32 */
  readonly bias1: TensorType;
  /** [HIDDEN], f32; [2·HIDDEN] where there is a confidence. */
  readonly weight2: TensorType;
  /** [4], f32; the first values are the biases of the 1×1 convolution. */
  readonly bias2: TensorType;
  /** [W+H,C/2], f32: added to the resized map, of columns to the first half of its channels, of rows to the second. */
  readonly uv?: TensorType | undefined;
}

export interface HeadAttrs {
  /** Sides of the depth map. */
  readonly size: readonly [number, number];
  readonly alignCorners: boolean;
  readonly final: FinalActivation;
  /** WGSL that loads the resized map with `uv` added. */
  readonly loader?: ShaderFile;
}

/**
 * Last activation: ReLU; `maxDepth` · sigmoid, in metres; exp; or exp, and 1 + exp of a second channel as confidence.
 * Those of few models bring the WGSL that stores them.
 */
export type FinalActivation =
  | { readonly kind: 'relu' }
  | { readonly kind: 'sigmoid'; readonly maxDepth: number }
  | { readonly kind: 'exp' | 'confidence'; readonly store: ShaderFile };

/** `confidence` is there where the activation says so. Both [H,W], f32. */
export interface HeadOutputs {
  readonly [name: string]: TensorType;
  readonly depth: TensorType;
  readonly confidence: TensorType;
}

/** resize → 3×3 convolution → ReLU → 1×1 convolution → last activation, in one pass. */
export const head = defineOp<HeadInputs, HeadAttrs, HeadOutputs>({
  name: 'head',
  infer({ low, weight1, bias1, weight2, bias2, uv }, { size, final }) {
    const C = low.shape[2] as number;
    const hidden = bias1.shape[0] as number;
    ensureTypes(
      'head',
      { low, weight1 },
      weight1.shape.join() === [3, 3, C, hidden].join() && hidden % 4 === 0,
      `[3,3,${C},${hidden}]`,
    );
    const last = final.kind === 'confidence' ? 2 * hidden : hidden;
    ensureTypes('head', { weight2, bias2 }, weight2.shape[0] === last && bias2.shape[0] === 4, `[${last}] and [4]`);
    const places = [size[0] + size[1], C / 2];
    ensureTypes('head', { uv }, !uv || (uv.shape.join() === places.join() && C % 8 === 0), `[${places}]`);
    const depth: TensorType = { dtype: 'f32', shape: [...size] };
    return (final.kind === 'confidence' ? { depth, confidence: depth } : { depth }) as HeadOutputs;
  },
  kernels: [
    { name: 'registers', on: 'any', make: (inputs, attrs) => directHead(inputs, attrs, PIXELS) },
    { name: 'tiled', on: 'gpu', prefer: (_inputs, { size }) => size[1] >= LEAST_TILED, make: tiledHead },
    { name: 'subgroup', on: 'cpu', prefer: () => true, make: subgroupHead },
    {
      name: 'wide',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs) => (attrs.size[1] >= WIDE ? directHead(inputs, attrs, WIDE) : undefined),
    },
  ],
  probes: async () => (await parts.gpu()).headProbes,
  cost: ({ weight1 }, { size }) => ({
    flops: 2 * size[0] * size[1] * (weight1.shape[2] as number) * (weight1.shape[3] as number) * 9,
  }),
});

function directHead(inputs: HeadInputs, attrs: HeadAttrs, pixels: number): Kernel {
  const [H, W] = attrs.size;
  const workgroups = Math.ceil((H * Math.ceil(W / pixels)) / WORKGROUP);
  return makeHead(inputs, attrs, [headWgsl], workgroups, { HIDDEN: hiddenOf(inputs) / 4, PIXELS: pixels, WORKGROUP });
}

/** A workgroup has all hidden channels. */
function tiledHead(inputs: HeadInputs, attrs: HeadAttrs): Kernel | undefined {
  const hidden = hiddenOf(inputs);
  if (hidden > TILED.channels) return undefined;
  const workgroups = tilesOf([...attrs.size, hidden], TILED);
  return makeHead(inputs, attrs, [tiledWgsl, convTiledWgsl], workgroups, { HIDDEN: hidden / 4 });
}

/** The hidden channels are those of one subgroup, whose lanes add them up. */
function subgroupHead(inputs: HeadInputs, attrs: HeadAttrs): Kernel | undefined {
  const hidden = hiddenOf(inputs);
  if (hidden !== SUBGROUP.channels) return undefined;
  const workgroups = tilesOf([...attrs.size, hidden], SUBGROUP);
  return { ...makeHead(inputs, attrs, [subgroupWgsl, tileWgsl], workgroups), subgroupSize: LANES };
}

function hiddenOf({ weight1 }: HeadInputs): number {
  return weight1.shape[3] as number;
}

function makeHead(
  { low, weight1 }: HeadInputs,
  { size, alignCorners, final, loader }: HeadAttrs,
  main: readonly ShaderFile[],
  workgroups: number,
  tunables: Kernel['tunables'] = {},
): Kernel {
  const resize = bilinearKernel(low, size, alignCorners);
  const [H, W] = size;
  const store = 'store' in final ? final.store : undefined;
  return {
    files: [...main, inputsWgsl, loader ?? bilinearLoadWgsl, store ?? storeWgsl, ...resize.files],
    tunables: {
      ...resize.tunables,
      welem: weight1.dtype,
      CHANNELS: final.kind === 'confidence' ? 2 : 1,
      ...(!store && { FINAL: final.kind === 'relu' ? 0 : 1 }),
      ...tunables,
    },
    params: {
      ...resize.params,
      H,
      W,
      C4: (low.shape[2] as number) / 4,
      SCALE: final.kind === 'sigmoid' ? final.maxDepth : 1,
    },
    workgroups,
  };
}
