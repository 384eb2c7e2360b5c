import bilinearLoadWgsl from '../../shaders/conv_load_bilinear.wgsl?raw';
import loadWgsl from '../../shaders/conv_load.wgsl?raw';
import { ensureTypes, numel, type TensorType } from '../tensor.js';
import { convKernels, type Convolution } from './conv_kernels.js';
import { defineOp } from './op.js';
import { bilinearKernel, ensureStore, storeKernel, type StoreAttrs, type StoreInputs } from './store.js';
import { parts } from '../parts.js';

/** Rows and columns of zeros around a map. */
export interface Padding {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** The same padding on every side. */
export function padding(all: number): Padding {
  return { top: all, left: all, bottom: all, right: all };
}

/** TensorFlow's SAME padding of one side pair: total = max((ceil(in/s)-1)·s + k - in, 0), the smaller half first. */
export function samePadding(H: number, W: number, kernel: number, stride: number): Padding {
  const total = (size: number) => Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const [y, x] = [total(H), total(W)];
  return { top: Math.floor(y / 2), bottom: Math.ceil(y / 2), left: Math.floor(x / 2), right: Math.ceil(x / 2) };
}

/** Output sides of a convolution. */
export function convSize(H: number, W: number, KH: number, KW: number, stride: number, pad: Padding): [number, number] {
  return [
    Math.floor((H + pad.top + pad.bottom - KH) / stride) + 1,
    Math.floor((W + pad.left + pad.right - KW) / stride) + 1,
  ];
}

export interface ConvInputs extends StoreInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** [KH,KW,C/groups,N] */
  readonly weight: TensorType;
}

export interface ConvAttrs extends StoreAttrs {
  readonly stride: number;
  readonly pad: Padding;
  /** Groups of channels, each of which sees itself alone; 1 when left out. */
  readonly groups?: number;
  /** Applies ReLU to x as it is read. */
  readonly reluInput?: boolean;
}

/** Convolution as implicit GEMM: y[OH,OW,N] = epilogue(conv(x, weight) + bias). */
export const conv2d = defineOp<ConvInputs, ConvAttrs>({
  name: 'conv2d',
  infer(inputs, { stride, pad, groups = 1, out = 'f32' }) {
    const { x, weight } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    const [KH, KW, CW, N] = weight.shape as [number, number, number, number];
    const fits = x.shape.length === 3 && C % (4 * groups) === 0 && N % (4 * groups) === 0 && CW === C / groups;
    ensureTypes('conv2d', { x, weight }, fits, `[KH,KW,${C / groups},N] for ${groups} groups of a multiple of 4`);
    const [OH, OW] = convSize(H, W, KH, KW, stride, pad);
    ensureTypes('conv2d', { x, weight }, OH > 0 && OW > 0, `a map no smaller than the ${KH}×${KW} kernel`);
    const y: TensorType = { dtype: out, shape: [OH, OW, N] };
    ensureStore('conv2d', inputs, y, N);
    return { y };
  },
  kernels: convKernels(plainConv),
  probes: async () => (await parts.gpu()).conv2dProbes,
  cost: ({ weight }, _attrs, { y }) => convCost(weight, y),
});

export interface UpsampledConvInputs {
  readonly [name: string]: TensorType | undefined;
  /** [LH,LW,C], resized as it is read. */
  readonly low: TensorType;
  /** [3,3,C,N] */
  readonly weight: TensorType;
  /** [N], or [9,N] where the pixels at the border have biases of their own, as `store_border.wgsl` numbers them. */
  readonly bias: TensorType;
}

export interface UpsampledConvAttrs extends StoreAttrs {
  /** Sides the map is resized to: the output is the same size. */
  readonly size: readonly [number, number];
  readonly alignCorners: boolean;
}

/** 3×3 convolution of a bilinearly resized map that is never stored: y[H,W,N]. */
export const upsampledConv = defineOp<UpsampledConvInputs, UpsampledConvAttrs>({
  name: 'upsampled_conv',
  infer({ low, weight, bias }, { size, out = 'f32' }) {
    const C = low.shape[2] as number;
    ensureTypes('upsampled_conv', { low, weight }, weight.shape.slice(0, 3).join() === `3,3,${C}`, `[3,3,${C},N]`);
    const N = weight.shape[3] as number;
    const y: TensorType = { dtype: out, shape: [...size, N] };
    const border = bias.shape.join() === [9, N].join();
    ensureTypes(
      'upsampled_conv',
      { y },
      !border || Math.min(...size) > 1,
      'two rows and columns for the biases of the border',
    );
    ensureStore('upsampled_conv', { bias: border ? { ...bias, shape: [N] } : bias }, y, N);
    return { y };
  },
  kernels: convKernels(resizedConv),
  probes: async () => (await parts.gpu()).upsampledConvProbes,
  cost: ({ weight }, _attrs, { y }) => convCost(weight, y),
});

function plainConv(inputs: ConvInputs, attrs: ConvAttrs, y: TensorType): Convolution {
  const { x, weight } = inputs;
  const { stride, pad, groups = 1, reluInput = false } = attrs;
  const loader = { files: [loadWgsl], tunables: { xelem: x.dtype, RELU_X: reluInput }, params: {} };
  return { map: x.shape, weight, y, stride, groups, pad, loader, store: storeKernel(inputs, attrs, y) };
}

function resizedConv(
  { low, weight, bias }: UpsampledConvInputs,
  attrs: UpsampledConvAttrs,
  y: TensorType,
): Convolution {
  const resize = bilinearKernel(low, attrs.size, attrs.alignCorners);
  const loader = { ...resize, files: [bilinearLoadWgsl, ...resize.files] };
  const map = [...attrs.size, low.shape[2] as number];
  return { map, weight, y, stride: 1, groups: 1, pad: padding(1), loader, store: storeKernel({ bias }, attrs, y) };
}

function convCost(weight: TensorType, y: TensorType): { flops: number } {
  const [KH, KW, C] = weight.shape as [number, number, number];
  return { flops: 2 * numel(y.shape) * KH * KW * C };
}
