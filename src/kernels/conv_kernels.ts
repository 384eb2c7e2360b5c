import convWgsl from '../../shaders/conv2d.wgsl?raw';
import inputsWgsl from '../../shaders/conv_inputs.wgsl?raw';
import { parts } from '../parts.js';
import { sumsFor, WHOLE } from './sums.js';
import type { TensorType } from '../tensor.js';
import type { Include, Kernel, OpKernel, ShaderFile, Types } from './op.js';

const pointwiseWgsl = async () => (await parts.rare()).pointwise;
const subgroupWgsl = async () => (await parts.rare()).conv2d;
const tiledWgsl = async () => (await parts.gpu()).conv2dTiled;
export const convTiledWgsl = async () => (await parts.gpu()).convTiled;
const tileWgsl = async () => (await parts.rare()).convTile;

/** Pixels of a row that an invocation computes, and those of the wide kernel. */
const PIXELS = 4;
const WIDE = 8;
/** The tile of one subgroup in conv_subgroup.wgsl, and the channels of one lane. */
export const SUBGROUP = { lanes: 8, rows: 4, pixels: 8, channels: 4 } as const;
/** The tile of one subgroup in pointwise_subgroup.wgsl. */
const POINTWISE = { pixels: 32, channels: 16 } as const;
/**
 * What a workgroup of conv_tiled.wgsl computes, where windows are a pixel apart. On narrower maps than `least` too much
 * of it is empty.
 */
export const TILED = { rows: 16, pixels: 8, channels: 32, least: 64 } as const;

/**
 * A convolution of a map [H,W,C], read by `loader`, with weight[KH,KW,C/groups,N] to y[OH,OW,N], written by `store`.
 */
export interface Convolution {
  readonly map: readonly number[];
  readonly weight: TensorType;
  readonly y: TensorType;
  readonly stride: number;
  /** Groups of channels, each of which sees itself alone. */
  readonly groups: number;
  readonly pad: { readonly top: number; readonly left: number };
  readonly loader: Include;
  readonly store: Include;
}

/** How an op makes a convolution of its inputs. */
export type ConvolutionOf<In, Attrs> = (inputs: In, attrs: Attrs, y: TensorType) => Convolution;

type Output = { y: TensorType };

/** No workgroup memory, no exchange between invocations: the convolution that every device computes. */
export function safeConv<In extends Types, Attrs>(of: ConvolutionOf<In, Attrs>): OpKernel<In, Output, Attrs> {
  return { name: 'registers', on: 'any', make: (inputs, attrs, { y }) => directConv(of(inputs, attrs, y), PIXELS) };
}

/** Kernels for GPUs: windows and weights in workgroup memory for large maps, shared sums for small ones. */
export function gpuConvs<In extends Types, Attrs>(of: ConvolutionOf<In, Attrs>): OpKernel<In, Output, Attrs>[] {
  return [
    {
      name: 'tiled',
      on: 'gpu',
      prefer: (_inputs, _attrs, { y: { shape } }) => (shape[1] as number) >= TILED.least,
      make: (inputs, attrs, { y }) => makeTiled(of(inputs, attrs, y)),
    },
    {
      name: 'split',
      on: 'gpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => directConv(of(inputs, attrs, y), PIXELS, true),
    },
  ];
}

/** Kernels for CPU adapters, that which shares loads in a subgroup first. */
export function cpuConvs<In extends Types, Attrs>(of: ConvolutionOf<In, Attrs>): OpKernel<In, Output, Attrs>[] {
  return [
    {
      // 3.7 times as fast as the wide kernel on llvmpipe, which comes near where half of its tile is empty; of pointwise
      // convolutions 1.2 to 2 times.
      name: 'subgroup',
      on: 'cpu',
      prefer: (_inputs, _attrs, { y: { shape } }) =>
        (shape[2] as number) >= (SUBGROUP.lanes * SUBGROUP.channels) / 2 && (shape[1] as number) >= SUBGROUP.pixels / 2,
      make: (inputs, attrs, { y }) => makeSubgroup(of(inputs, attrs, y)),
    },
    {
      // 16 vec4 sums stay in a CPU's cache and every weight serves twice the pixels: 1.4 to 1.7 times as fast on
      // llvmpipe. A GPU would lose occupancy.
      name: 'wide',
      on: 'cpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => makeWide(of(inputs, attrs, y)),
    },
  ];
}

/** Whether the windows are 3×3, and every channel sees all others. */
function is3x3({ weight: { shape }, groups }: Convolution): boolean {
  return shape[0] === 3 && shape[1] === 3 && groups === 1;
}

/** The same of windows one step apart, which overlap. */
function isPlain3x3(conv: Convolution): boolean {
  return is3x3(conv) && conv.stride === 1;
}

function makeWide(conv: Convolution): Kernel | undefined {
  const [, OW, N] = conv.y.shape as [number, number, number];
  const fits = conv.stride === 1 && N % 8 === 0 && OW >= WIDE;
  return fits ? directConv(conv, WIDE) : undefined;
}

function makeSubgroup(conv: Convolution): Kernel | undefined {
  const [OH, OW, N] = conv.y.shape as [number, number, number];
  const { lanes, rows, pixels, channels } = SUBGROUP;
  if (isPlain3x3(conv)) {
    const workgroups = Math.ceil(OH / rows) * Math.ceil(OW / pixels) * Math.ceil(N / (lanes * channels));
    return { ...makeConv(conv, [subgroupWgsl, tileWgsl], {}, workgroups), subgroupSize: lanes };
  }
  const { groups, weight, stride } = conv;
  if (weight.shape[0] !== 1 || weight.shape[1] !== 1 || stride !== 1) return undefined;
  const workgroups = Math.ceil((OH * OW) / POINTWISE.pixels) * groups * Math.ceil(N / groups / POINTWISE.channels);
  return { ...makeConv(conv, [pointwiseWgsl], {}, workgroups), subgroupSize: lanes };
}

function makeTiled(conv: Convolution): Kernel | undefined {
  const { stride: STRIDE, y } = conv;
  // A window of wider strides does not fit in the least workgroup memory.
  if (!is3x3(conv) || STRIDE > 2) return undefined;
  const [OH, OW, N] = y.shape as [number, number, number];
  const { rows, pixels, channels } = TILED;
  const workgroups = Math.ceil(OH / rows) * Math.ceil((OW * STRIDE) / pixels) * Math.ceil(N / channels);
  return makeConv(conv, [tiledWgsl, convTiledWgsl], { STRIDE }, workgroups);
}

/**
 * `sharing`: invocations may share the sums of a tile, which are of rows of windows of four channels. Wide windows
 * leave registers for one column of four channels.
 */
function directConv(conv: Convolution, pixels: number, sharing = false): Kernel {
  const [OH, OW, N] = conv.y.shape as [number, number, number];
  const [KH, KW, C] = conv.weight.shape as [number, number, number];
  const COLS = KW < 4 && (N / conv.groups) % 8 === 0 ? 2 : 1;
  const tiles = OH * Math.ceil(OW / pixels) * Math.ceil(N / (4 * COLS));
  const sums = sharing ? sumsFor(tiles, (KH * C) / 4, pixels) : WHOLE;
  const tunables = { KH, KW, STRIDE: conv.stride, PIXELS: pixels, COLS, ...sums.tunables };
  const kernel = makeConv(conv, [convWgsl, sums.file], tunables, Math.ceil(tiles / sums.tiles));
  return { ...kernel, invocations: sums.invocations };
}

function makeConv(
  { map, weight, y, groups, pad, loader, store }: Convolution,
  files: readonly ShaderFile[],
  tunables: Kernel['tunables'],
  workgroups: number,
): Kernel {
  const [H, W, C] = map as [number, number, number];
  const [OH, OW, N] = y.shape as [number, number, number];
  const sizes = { H, W, C4: C / 4, OH, OW, N4: N / 4, PAD_Y: pad.top, PAD_X: pad.left };
  const ofGroup = { GC4: C / groups / 4, GN4: N / groups / 4 };
  return {
    files: [...files, inputsWgsl, ...loader.files, ...store.files],
    tunables: { welem: weight.dtype, ...loader.tunables, ...store.tunables, ...tunables },
    params: { ...loader.params, ...store.params, ...sizes, ...ofGroup },
    workgroups,
  };
}
