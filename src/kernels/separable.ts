import sumsWgsl from '../../shaders/separable_sums.wgsl?raw';
import mainWgsl from '../../shaders/separable.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { convSize, type Padding } from './conv2d.js';
import { type Include, type Kernel, defineOp } from './op.js';
import { ensureStore, storeKernel, type StoreAttrs, type StoreInputs } from './store.js';
import { sumsFor, WHOLE, type Sums } from './sums.js';
import { parts } from '../parts.js';

const subgroupWgsl = async () => (await parts.rare()).separable;

/** Pixels of a row that an invocation computes, of all channels. */
const PIXELS = 2;
/** With more output channels than this an invocation of a GPU has one pixel: for two, Intel's registers are too few. */
const WIDE = 32;
/** The same for a subgroup of a CPU adapter, and its lanes, of four channels each. */
const SUBGROUP = { pixels: 16, lanes: 8 } as const;
/** Output channels whose sums fit the registers of an invocation, and for which it is worth a pipeline of its own. */
const MOST_CHANNELS = 48;
const LEAST_CHANNELS = 24;

export interface SeparableInputs extends StoreInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** Depthwise kernels [K,K,C]. */
  readonly kernel: TensorType;
  /** Bias of the depthwise convolution [C], f32. */
  readonly shift: TensorType;
  /** [C,N] */
  readonly weight: TensorType;
}

export interface SeparableAttrs extends Pick<StoreAttrs, 'out'> {
  readonly stride: number;
  readonly pad: Padding;
}

/** Whether a block that ends in N channels should be fused. */
export function fitsSeparable(N: number): boolean {
  return N % 4 === 0 && N >= LEAST_CHANNELS && N <= MOST_CHANNELS;
}

/**
 * Depthwise separable convolution with ReLU6 between: y[OH,OW,N] = relu6(depthwise(x) + shift) · weight + bias [+
 * residual].
 */
export const separable = defineOp<SeparableInputs, SeparableAttrs>({
  name: 'separable',
  infer(inputs, { stride, pad, out = 'f32' }) {
    const { x, kernel, shift, weight } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    const K = kernel.shape[0] as number;
    const N = weight.shape[1] as number;
    ensureTypes(
      'separable',
      { x, kernel, shift },
      C % 4 === 0 && kernel.shape.join() === [K, K, C].join() && shift.shape[0] === C,
      '[H,W,C], [K,K,C] and [C] with C a multiple of 4',
    );
    ensureTypes(
      'separable',
      { weight },
      weight.shape[0] === C && N <= MOST_CHANNELS,
      `[${C},N] with N at most ${MOST_CHANNELS}`,
    );
    const y: TensorType = { dtype: out, shape: [...convSize(H, W, K, K, stride, pad), N] };
    ensureStore('separable', inputs, y, N);
    return { y };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: (inputs, attrs, { y }) => registersKernel(inputs, attrs, y, WHOLE),
    },
    {
      name: 'split',
      on: 'gpu',
      prefer: () => true,
      make(inputs, attrs, { y }) {
        const N = y.shape[2] as number;
        const pixels = N > WIDE ? 1 : PIXELS;
        // A channel takes the products of its window and of all columns.
        const terms = ((inputs.x.shape[2] as number) / 4) * (N / 8);
        // A tile counts twice: it has twice the sums of other kernels, which take longer to add up.
        return registersKernel(inputs, attrs, y, sumsFor(2 * tilesOf(y, pixels), terms, pixels), pixels);
      },
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => {
        const { pixels, lanes } = SUBGROUP;
        const [OH, OW, N] = y.shape as [number, number, number];
        const shared = sharedFiles(inputs, attrs, y, pixels, Math.ceil(N / 4 / lanes));
        return {
          ...shared,
          files: [subgroupWgsl, ...shared.files],
          workgroups: OH * Math.ceil(OW / pixels),
          subgroupSize: lanes,
        };
      },
    },
  ],
  probes: async () => (await parts.gpu()).separableProbes,
  cost: ({ kernel, weight }, _attrs, { y }) => {
    const [OH, OW, N] = y.shape as [number, number, number];
    return { flops: 2 * OH * OW * (weight.shape[0] as number) * ((kernel.shape[0] as number) ** 2 + N) };
  },
});

function tilesOf({ shape }: TensorType, pixels: number): number {
  return (shape[0] as number) * Math.ceil((shape[1] as number) / pixels);
}

function registersKernel(
  inputs: SeparableInputs,
  attrs: SeparableAttrs,
  y: TensorType,
  sums: Sums,
  pixels = PIXELS,
): Kernel {
  const shared = sharedFiles(inputs, attrs, y, pixels, (y.shape[2] as number) / 4);
  return {
    ...shared,
    files: [mainWgsl, sums.file, ...shared.files],
    tunables: { ...shared.tunables, ...sums.tunables },
    workgroups: Math.ceil(tilesOf(y, pixels) / sums.tiles),
    invocations: sums.invocations,
  };
}

/** What the kernels have besides their main file. */
function sharedFiles(
  inputs: SeparableInputs,
  { stride, pad }: SeparableAttrs,
  y: TensorType,
  PIXELS: number,
  COLS: number,
): Include {
  const { x, kernel, weight } = inputs;
  const [H, W, C] = x.shape as [number, number, number];
  const [OH, OW, N] = y.shape as [number, number, number];
  const store = storeKernel(inputs, {}, y);
  return {
    files: [sumsWgsl, ...store.files],
    tunables: {
      xelem: x.dtype,
      welem: weight.dtype,
      K: kernel.shape[0] as number,
      STRIDE: stride,
      PIXELS,
      COLS,
      ...store.tunables,
    },
    params: { ...store.params, H, W, C4: C / 4, OH, OW, N4: N / 4, PAD_Y: pad.top, PAD_X: pad.left },
  };
}
