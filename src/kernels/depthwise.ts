import activationSource from '../../shaders/activation.wgsl?raw';
import depthwiseSource from '../../shaders/depthwise.wgsl?raw';
import { ensure, show, type TensorType } from '../tensor.js';
import { convSize, type Padding } from './conv2d.js';
import { defineOp } from './op.js';
import { activationTunable, type StoreAttrs } from './store.js';

const WORKGROUP = 64;
const PIXELS = 4;

export interface DepthwiseInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** [K,K,C] */
  readonly weight: TensorType;
  /** [C], f32 */
  readonly bias: TensorType;
}

/** Depthwise convolution: each channel with its own K×K kernel. y[OH,OW,C] = act(conv(x) + bias). */
export const depthwise = defineOp<DepthwiseInputs, StoreAttrs & { readonly stride: number; readonly pad: Padding }>({
  name: 'depthwise',
  infer({ x, weight, bias }, { stride, pad, out = 'f32' }) {
    const [H, W, C] = x.shape as [number, number, number];
    const K = weight.shape[0] as number;
    ensure(C % 4 === 0 && weight.shape.join() === [K, K, C].join() && bias.shape[0] === C, () => `depthwise: x is ${show(x)}, weight is ${show(weight)}, bias is ${show(bias)}.`);
    return { y: { dtype: out, shape: [...convSize(H, W, K, K, stride, pad), C] } };
  },
  kernels: {
    registers({ x, weight }, { act = 'none', stride, pad }, { y }) {
      const [H, W, C] = x.shape as [number, number, number];
      const [OH, OW] = y.shape as [number, number];
      return {
        sources: [depthwiseSource, activationSource],
        tunables: { xelem: x.dtype, welem: weight.dtype, yelem: y.dtype, K: weight.shape[0] as number, STRIDE: stride, PIXELS, WORKGROUP, ...activationTunable(act) },
        params: { H, W, C4: C / 4, OH, OW, PAD_Y: pad.top, PAD_X: pad.left },
        workgroups: Math.ceil((OH * Math.ceil(OW / PIXELS) * (C / 4)) / WORKGROUP),
      };
    },
  },
  cost: ({ weight }, _attrs, { y }) => ({ flops: 2 * y.shape.reduce((n, d) => n * d, 1) * (weight.shape[0] as number) ** 2 }),
});
