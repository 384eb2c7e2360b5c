import bilinearLoadWgsl from '../../shaders/conv_load_bilinear.wgsl?raw';
import loadWgsl from '../../shaders/conv_load.wgsl?raw';
import { ensureTypes, map3, type TensorType } from '../tensor.js';
import { padding } from './conv2d.js';
import { convKernels, type Convolution } from './conv_kernels.js';
import { defineOp, type Include } from './op.js';
import { phaseConvProbes } from './phase_conv.probe.js';
import { bilinearKernel, shuffleKernel, type StoreAttrs } from './store.js';

export interface PhaseConvInputs {
  readonly [name: string]: TensorType | undefined;
  /** The map [H,W,C]; or else `low`. */
  readonly x?: TensorType | undefined;
  /** [LH,LW,C], resized with align_corners to twice its sides as it is read. */
  readonly low?: TensorType | undefined;
  /** [3,3,C,4·N], columns ordered (dy, dx, n). */
  readonly weight: TensorType;
  /** [N], f32 */
  readonly bias: TensorType;
}

export type PhaseConvAttrs = Pick<StoreAttrs, 'act' | 'out'>;

/**
 * 3×3 convolution, padded by 1, of a map [H,W,C] to four pixels for each of its: y[2H,2W,N]. A transposed 3×3
 * convolution of stride 2 is one, with taps of 0 where a pixel has no share in another.
 */
export const phaseConv = defineOp<PhaseConvInputs, PhaseConvAttrs>({
  name: 'phase_conv',
  infer(inputs, { out = 'f32' }) {
    const { x, low, weight, bias } = inputs;
    ensureTypes('phase_conv', { x, low }, !x !== !low, 'one of them');
    const [H, W, C] = mapOf(inputs);
    const N = bias.shape[0] as number;
    const fits = C % 4 === 0 && N % 4 === 0 && weight.shape.join() === [3, 3, C, 4 * N].join();
    ensureTypes('phase_conv', { x, low, weight, bias }, fits, `[3,3,${C},4·N] and [N] with multiples of 4`);
    return { y: { dtype: out, shape: [2 * H, 2 * W, N] } };
  },
  kernels: convKernels(convolution),
  probes: async () => phaseConvProbes,
  cost(inputs, _attrs, { y }) {
    const [H, W, N] = map3(y);
    return { flops: 2 * H * W * N * 9 * mapOf(inputs)[2] };
  },
});

/** Sides and channels of the map that is convolved. */
function mapOf({ x, low }: PhaseConvInputs): readonly [H: number, W: number, C: number] {
  if (x) return map3(x);
  const [H, W, C] = map3(low as TensorType);
  return [2 * H, 2 * W, C];
}

function convolution(inputs: PhaseConvInputs, attrs: PhaseConvAttrs, y: TensorType): Convolution {
  const { weight } = inputs;
  const map = mapOf(inputs);
  const [H, W] = map;
  return {
    map,
    weight,
    y: { dtype: y.dtype, shape: [H, W, weight.shape[3] as number] },
    stride: 1,
    groups: 1,
    pad: padding(1),
    loader: loaderOf(inputs, map),
    store: shuffleKernel(attrs, y, W, 2),
  };
}

function loaderOf({ x, low }: PhaseConvInputs, map: readonly number[]): Include {
  if (x) return { files: [loadWgsl], tunables: { xelem: x.dtype, RELU_X: false }, params: {} };
  const resize = bilinearKernel(low as TensorType, map, true);
  return { ...resize, files: [bilinearLoadWgsl, ...resize.files] };
}
