import depthwiseWgsl from '../../shaders/depthwise.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { convSize, type Padding } from './conv2d.js';
import { defineOp, type Include } from './op.js';
import { epilogueKernel, type StoreAttrs } from './store.js';
import { parts } from '../parts.js';

const subgroupWgsl = async () => (await parts.rare()).depthwise;

const WORKGROUP = 64;
const PIXELS = 4;
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
      make(inputs, attrs, { y }) {
        const [OH, OW, C] = y.shape as [number, number, number];
        const { files, tunables, params } = shared(inputs, attrs, y);
        return {
          files: [depthwiseWgsl, ...files],
          tunables: { ...tunables, PIXELS, WORKGROUP },
          params,
          workgroups: Math.ceil((OH * Math.ceil(OW / PIXELS) * (C / 4)) / WORKGROUP),
        };
      },
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
  cost: ({ weight }, _attrs, { y }) => ({
    flops: 2 * y.shape.reduce((n, d) => n * d, 1) * (weight.shape[0] as number) ** 2,
  }),
});

/** Whether a row of a subgroup and what it reads past its end fit in two vectors of its lanes. */
function fitsSubgroup({ shape: [K] }: TensorType, stride: number): boolean {
  return stride <= (K as number) && (K as number) - stride <= LANES;
}

function shared({ x, weight }: DepthwiseInputs, { act = 'none', stride, pad }: DepthwiseAttrs, y: TensorType): Include {
  const [H, W, C] = x.shape as [number, number, number];
  const [OH, OW] = y.shape as [number, number];
  const end = epilogueKernel(act, y, act === 'relu6');
  return {
    files: end.files,
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
