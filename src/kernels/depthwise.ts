import depthwiseWgsl from '../../shaders/depthwise.wgsl?raw';
import inputsWgsl from '../../shaders/depthwise_inputs.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { convSize, type Padding } from './conv2d.js';
import { defineOp, type Include, type Kernel } from './op.js';
import { epilogueKernel, type StoreAttrs } from './store.js';
import { sharedBy, WHOLE, type Sums } from './sums.js';
import { parts } from '../parts.js';

const subgroupWgsl = async () => (await parts.rare()).depthwise;

const PIXELS = 4;
/** Invocations that share the rows of a kernel, on maps of fewer tiles. */
const PARTS = 4;
const FEW = 16384;
/**
 * Invocations of a subgroup that the subgroup kernel is made for, and rows that one walks down: 2.4 to 4.4 times as
 * fast as registers on llvmpipe.
 */
const LANES = 8;
const ROWS = 32;

export interface DepthwiseInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** [K,K,C] */
  readonly weight: TensorType;
  /** [C], f32 */
  readonly bias: TensorType;
}

export interface DepthwiseAttrs extends StoreAttrs {
  readonly stride: number;
  readonly pad: Padding;
}

/** Depthwise convolution: each channel with its own K×K kernel. y[OH,OW,C] = act(conv(x) + bias). */
export const depthwise = defineOp<DepthwiseInputs, DepthwiseAttrs>({
  name: 'depthwise',
  infer({ x, weight, bias }, { stride, pad, out = 'f32' }) {
    const [H, W, C] = x.shape as [number, number, number];
    const K = weight.shape[0] as number;
    ensureTypes(
      'depthwise',
      { x, weight, bias },
      C % 4 === 0 && weight.shape.join() === [K, K, C].join() && bias.shape[0] === C,
      '[H,W,C], [K,K,C] and [C] with C a multiple of 4',
    );
    return { y: { dtype: out, shape: [...convSize(H, W, K, K, stride, pad), C] } };
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
      prefer: (_inputs, _attrs, { y }) => tilesOf(y) < FEW,
      make: (inputs, attrs, { y }) => registersKernel(inputs, attrs, y, sharedBy(PARTS, PIXELS)),
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make(inputs, attrs, { y }) {
        const [OH, OW, C] = y.shape as [number, number, number];
        const { files, tunables, params } = shared(inputs, attrs, y);
        if (!fitsSubgroup(inputs.weight, attrs.stride)) return undefined;
        return {
          files: [subgroupWgsl, ...files],
          tunables: { ...tunables, ROWS, LANES },
          params,
          workgroups: Math.ceil(OH / ROWS) * Math.ceil(OW / LANES) * (C / 4),
          subgroupSize: LANES,
        };
      },
    },
  ],
  probes: async () => (await parts.gpu()).depthwiseProbes,
  cost: ({ weight }, _attrs, { y }) => ({
    flops: 2 * numel(y.shape) * (weight.shape[0] as number) ** 2,
  }),
});

function tilesOf({ shape: [OH, OW, C] }: TensorType): number {
  return (OH as number) * Math.ceil((OW as number) / PIXELS) * ((C as number) / 4);
}

function registersKernel(inputs: DepthwiseInputs, attrs: DepthwiseAttrs, y: TensorType, sums: Sums): Kernel {
  const { files, tunables, params } = shared(inputs, attrs, y);
  return {
    files: [depthwiseWgsl, sums.file, ...files],
    tunables: { ...tunables, PIXELS, ...sums.tunables },
    params,
    workgroups: Math.ceil(tilesOf(y) / sums.tiles),
    invocations: sums.invocations,
  };
}

/** Whether a row of a subgroup and what it reads past its end fit in two vectors of its lanes. */
function fitsSubgroup({ shape: [K] }: TensorType, stride: number): boolean {
  return stride <= (K as number) && (K as number) - stride <= LANES;
}

function shared({ x, weight }: DepthwiseInputs, { act = 'none', stride, pad }: DepthwiseAttrs, y: TensorType): Include {
  const [H, W, C] = x.shape as [number, number, number];
  const [OH, OW] = y.shape as [number, number];
  const end = epilogueKernel(act, y, act === 'relu6');
  return {
    files: [inputsWgsl, ...end.files],
    tunables: {
      xelem: x.dtype,
      welem: weight.dtype,
      K: weight.shape[0] as number,
      STRIDE: stride,
      ...end.tunables,
    },
    params: { H, W, C4: C / 4, OH, OW, PAD_Y: pad.top, PAD_X: pad.left },
  };
}
