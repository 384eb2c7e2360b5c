import bilinearLoadWgsl from '../../shaders/conv_load_bilinear.wgsl?raw';
import loadWgsl from '../../shaders/conv_load.wgsl?raw';
import convWgsl from '../../shaders/conv2d.wgsl?raw';
import type { DeviceFacts } from '../gpu/gpu.js';
import { ensureTypes, type TensorType } from '../tensor.js';
import { type Include, type Kernel, defineOp } from './op.js';
import { bilinearKernel, ensureStore, storeKernel, type StoreAttrs, type StoreInputs } from './store.js';
import { parts } from '../parts.js';

const subgroupWgsl = async () => (await parts.cpu()).conv2d;
const winogradWgsl = async () => (await parts.gpu()).winograd;
const tileWgsl = async () => (await parts.cpu()).convTile;

const WORKGROUP = 64;
/** Pixels of a row that an invocation computes, and those of the wide form. */
const PIXELS = 4;
const WIDE = 8;
/** The tile of one subgroup in conv_subgroup.wgsl, and the channels of one lane. */
export const SUBGROUP = { lanes: 8, rows: 4, pixels: 8, channels: 4 } as const;

/** What a workgroup of conv2d_winograd.wgsl computes: tiles of 2×2 pixels, and channels of them. */
const WINOGRAD = { tiles: 32, channels: 32 } as const;

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
  /** [KH,KW,C,N] */
  readonly weight: TensorType;
}

export interface ConvAttrs extends StoreAttrs {
  readonly stride: number;
  readonly pad: Padding;
  /** Applies ReLU to x as it is read. */
  readonly reluInput?: boolean;
}

/** Dense convolution as implicit GEMM: y[OH,OW,N] = epilogue(conv(x, weight) + bias). */
export const conv2d = defineOp<ConvInputs, ConvAttrs>({
  name: 'conv2d',
  infer(inputs, { stride, pad, out = 'f32' }) {
    const { x, weight } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    const [KH, KW, CW, N] = weight.shape as [number, number, number, number];
    ensureTypes('conv2d', { x, weight }, x.shape.length === 3 && C % 4 === 0 && CW === C, `[KH,KW,${C},N]`);
    const [OH, OW] = convSize(H, W, KH, KW, stride, pad);
    ensureTypes('conv2d', { x, weight }, OH > 0 && OW > 0, `a map no smaller than the ${KH}×${KW} kernel`);
    const y: TensorType = { dtype: out, shape: [OH, OW, N] };
    ensureStore('conv2d', inputs, y, N);
    return { y };
  },
  kernels: {
    registers: (inputs, attrs, { y }) => directKernel(inputs, attrs, y, PIXELS),
    wide: (inputs, attrs, { y }) =>
      isWide(inputs.weight, attrs.stride, y.shape[1] as number) ? directKernel(inputs, attrs, y, WIDE) : undefined,
    winograd: (inputs, attrs, { y }) =>
      isPlain3x3(inputs.weight, attrs.stride) ? directKernel(inputs, attrs, y, 'winograd') : undefined,
    subgroup: (inputs, attrs, { y }) =>
      isPlain3x3(inputs.weight, attrs.stride) ? directKernel(inputs, attrs, y, 'subgroup') : undefined,
  },
  cpuKernels: ['wide', 'subgroup'],
  choose({ x, weight }, { stride, pad }, facts) {
    const [H, W] = x.shape as [number, number];
    const [KH, KW] = weight.shape as [number, number];
    return chooseConv(weight, stride, convSize(H, W, KH, KW, stride, pad)[1], facts);
  },
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
  kernels: {
    registers: (inputs, attrs, { y }) => upsampledKernel(inputs, attrs, y, PIXELS),
    wide: (inputs, attrs, { y }) =>
      isWide(inputs.weight, 1, attrs.size[1]) ? upsampledKernel(inputs, attrs, y, WIDE) : undefined,
    subgroup: (inputs, attrs, { y }) =>
      isPlain3x3(inputs.weight, 1) ? upsampledKernel(inputs, attrs, y, 'subgroup') : undefined,
  },
  cpuKernels: ['wide', 'subgroup'],
  choose: ({ weight }, { size }, facts) => chooseConv(weight, 1, size[1], facts),
  cost: ({ weight }, _attrs, { y }) => convCost(weight, y),
});

/** Pixels of a row that an invocation computes, the form that shares its loads in a subgroup, or Winograd's. */
type Form = number | 'subgroup' | 'winograd';

function chooseConv(weight: TensorType, stride: number, OW: number, { software, subgroupSize }: DeviceFacts): string {
  if (!software) return 'registers';
  // The form for subgroups is 3.7 times as fast as the wide one on llvmpipe, which comes near where half of its tile is
  // empty.
  const busy = (weight.shape[3] as number) >= (SUBGROUP.lanes * SUBGROUP.channels) / 2 && OW >= SUBGROUP.pixels / 2;
  if (busy && subgroupSize === SUBGROUP.lanes && isPlain3x3(weight, stride)) return 'subgroup';
  return isWide(weight, stride, OW) ? 'wide' : 'registers';
}

/** Whether the forms for 3×3 windows that touch apply. */
function isPlain3x3({ shape: [KH, KW] }: TensorType, stride: number): boolean {
  return KH === 3 && KW === 3 && stride === 1;
}

/**
 * Whether the wide form pays on a CPU adapter: 16 vec4 sums stay in its cache and every weight serves twice the pixels,
 * 1.4 to 1.7 times as fast on llvmpipe. A GPU would lose occupancy.
 */
function isWide({ shape: [KH, KW, , N] }: TensorType, stride: number, OW: number): boolean {
  return KH === 3 && KW === 3 && stride === 1 && (N as number) % 8 === 0 && OW >= WIDE;
}

function directKernel(inputs: ConvInputs, attrs: ConvAttrs, y: TensorType, form: Form): Kernel {
  const { x, weight } = inputs;
  const loader = { files: [loadWgsl], tunables: { xelem: x.dtype, RELU_X: attrs.reluInput ?? false }, params: {} };
  return convKernel(x.shape, weight, attrs, storeKernel(inputs, attrs, y), loader, y, form);
}

function upsampledKernel(
  { low, weight, bias }: UpsampledConvInputs,
  attrs: UpsampledConvAttrs,
  y: TensorType,
  form: Form,
): Kernel {
  const resize = bilinearKernel(low, attrs.size, attrs.alignCorners);
  const loader = { ...resize, files: [bilinearLoadWgsl, ...resize.files] };
  return convKernel(
    [...attrs.size, low.shape[2] as number],
    weight,
    { stride: 1, pad: padding(1) },
    storeKernel({ bias }, attrs, y),
    loader,
    y,
    form,
  );
}

function convKernel(
  shape: readonly number[],
  weight: TensorType,
  { stride, pad }: Pick<ConvAttrs, 'stride' | 'pad'>,
  store: Include,
  loader: Include,
  y: TensorType,
  form: Form,
): Kernel {
  const [H, W, C] = shape as [number, number, number];
  const [KH, KW, , N] = weight.shape as [number, number, number, number];
  const [OH, OW] = y.shape as [number, number];
  const params = {
    ...loader.params,
    ...store.params,
    H,
    W,
    C4: C / 4,
    OH,
    OW,
    N4: N / 4,
    PAD_Y: pad.top,
    PAD_X: pad.left,
  };
  const tunables = { welem: weight.dtype, ...loader.tunables, ...store.tunables };
  if (form === 'subgroup') {
    const { lanes, rows, pixels, channels } = SUBGROUP;
    const workgroups = Math.ceil(OH / rows) * Math.ceil(OW / pixels) * Math.ceil(N / (lanes * channels));
    return {
      files: [subgroupWgsl, tileWgsl, ...loader.files, ...store.files],
      tunables,
      params,
      workgroups,
      subgroupSize: lanes,
    };
  }
  if (form === 'winograd') {
    const workgroups =
      Math.ceil((Math.ceil(OH / 2) * Math.ceil(OW / 2)) / WINOGRAD.tiles) * Math.ceil(N / WINOGRAD.channels);
    return { files: [winogradWgsl, ...loader.files, ...store.files], tunables, params, workgroups };
  }
  const COLS = N % 8 === 0 ? 2 : 1;
  const tiles = OH * Math.ceil(OW / form) * Math.ceil(N / (4 * COLS));
  return {
    files: [convWgsl, ...loader.files, ...store.files],
    tunables: { ...tunables, KH, KW, STRIDE: stride, PIXELS: form, COLS, WORKGROUP },
    params,
    workgroups: Math.ceil(tiles / WORKGROUP),
  };
}

function convCost(weight: TensorType, y: TensorType): { flops: number } {
  const [KH, KW, C] = weight.shape as [number, number, number];
  return { flops: 2 * y.shape.reduce((n, d) => n * d, 1) * KH * KW * C };
}
