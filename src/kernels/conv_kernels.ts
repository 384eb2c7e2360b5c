import convWgsl from '../../shaders/conv2d.wgsl?raw';
import inputsWgsl from '../../shaders/conv_inputs.wgsl?raw';
import { parts } from '../parts.js';
import { sumsFor, WHOLE } from './sums.js';
import type { TensorType } from '../tensor.js';
import { formsOf, type Include, type Kernel, type OpKernel, type ShaderFile, type Types } from './op.js';

const pointwiseWgsl = async () => (await parts.rare()).pointwise;
const subgroupWgsl = async () => (await parts.rare()).conv2d;
const tiledWgsl = async () => (await parts.gpu()).conv2dTiled;
export const convTiledWgsl = async () => (await parts.gpu()).convTiled;
const tileWgsl = async () => (await parts.rare()).convTile;

/** Pixels of a row that an invocation computes, and those of the wide kernel. */
const PIXELS = 4;
const WIDE = 8;
/** What a workgroup computes. */
interface Tile {
  readonly rows: number;
  readonly pixels: number;
  readonly channels: number;
}

/** Lanes of a subgroup, and its tile in conv_subgroup.wgsl. */
export const LANES = 8;
export const SUBGROUP: Tile = { rows: 4, pixels: 8, channels: 32 };
/** The same in pointwise_subgroup.wgsl, where rows are no matter. */
const POINTWISE: Tile = { rows: 1, pixels: 32, channels: 16 };
/** The tile of conv_tiled.wgsl, where windows are a pixel apart. */
export const TILED: Tile = { rows: 16, pixels: 8, channels: 32 };
/** On narrower maps too much of such a tile is empty. */
export const LEAST_TILED = 64;

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

/** The kernels of an op that is a convolution with a loader and a store of its own. */
export function convKernels<In extends Types, Attrs>(
  convolutionOf: ConvolutionOf<In, Attrs>,
): OpKernel<In, { y: TensorType }, Attrs>[] {
  const of = formsOf(convolutionOf);
  return [
    // No workgroup memory, no exchange between invocations: the convolution that every device computes.
    { name: 'registers', on: 'any', make: of((conv) => directConv(conv, PIXELS)) },
    // Windows and weights in workgroup memory for large maps, shared sums for small ones.
    { name: 'tiled', on: 'gpu', prefer: of(({ y }) => (y.shape[1] as number) >= LEAST_TILED), make: of(makeTiled) },
    { name: 'split', on: 'gpu', prefer: () => true, make: of((conv) => directConv(conv, PIXELS, true)) },
    // Shares loads in a subgroup: 3.7 times as fast as the wide kernel on llvmpipe, which comes near where half of its
    // tile is empty; of pointwise convolutions 1.2 to 2 times.
    { name: 'subgroup', on: 'cpu', prefer: of(fillsSubgroup), make: of(makeSubgroup) },
    // 16 vec4 sums stay in a CPU's cache and every weight serves twice the pixels: 1.4 to 1.7 times as fast on
    // llvmpipe. A GPU would lose occupancy.
    { name: 'wide', on: 'cpu', prefer: () => true, make: of(makeWide) },
  ];
}

function fillsSubgroup({ y: { shape } }: Convolution): boolean {
  return (shape[2] as number) >= SUBGROUP.channels / 2 && (shape[1] as number) >= SUBGROUP.pixels / 2;
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
  const [KH, KW] = conv.weight.shape as [number, number];
  const { groups, stride } = conv;
  const made = (files: readonly ShaderFile[], workgroups: number) => ({
    ...makeConv(conv, files, {}, workgroups),
    subgroupSize: LANES,
  });
  if (isPlain3x3(conv)) return made([subgroupWgsl, tileWgsl], tilesOf([OH, OW, N], SUBGROUP));
  if (KH * KW * stride > 1) return undefined;
  return made([pointwiseWgsl], groups * tilesOf([1, OH * OW, N / groups], POINTWISE));
}

function makeTiled(conv: Convolution): Kernel | undefined {
  const { stride: STRIDE, y } = conv;
  // A window of wider strides does not fit in the least workgroup memory.
  if (!is3x3(conv) || STRIDE > 2) return undefined;
  const [OH, OW, N] = y.shape as [number, number, number];
  return makeConv(conv, [tiledWgsl, convTiledWgsl], { STRIDE }, tilesOf([OH, OW * STRIDE, N], TILED));
}

/** Tiles that cover a map. */
export function tilesOf([H, W, N]: readonly [number, number, number], { rows, pixels, channels }: Tile): number {
  return Math.ceil(H / rows) * Math.ceil(W / pixels) * Math.ceil(N / channels);
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
