import convWgsl from '../../shaders/conv2d.wgsl?raw';
import { parts } from '../parts.js';
import type { TensorType } from '../tensor.js';
import type { Include, Kernel, OpKernel, ShaderFile, Types } from './op.js';

const subgroupWgsl = async () => (await parts.rare()).conv2d;
const winogradWgsl = async () => (await parts.gpu()).winograd;
const tileWgsl = async () => (await parts.rare()).convTile;

const WORKGROUP = 64;
/** Pixels of a row that an invocation computes, and those of the wide kernel. */
const PIXELS = 4;
const WIDE = 8;
/** The tile of one subgroup in conv_subgroup.wgsl, and the channels of one lane. */
export const SUBGROUP = { lanes: 8, rows: 4, pixels: 8, channels: 4 } as const;
/** What a workgroup of conv2d_winograd.wgsl computes, tiles of 2×2 pixels and channels of them, with how many. */
const WINOGRAD = { tiles: 32, channels: 32, invocations: 256 } as const;

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

/** F(2×2, 3×3). */
export function winogradConv<In extends Types, Attrs>(of: ConvolutionOf<In, Attrs>): OpKernel<In, Output, Attrs> {
  return { name: 'winograd', on: 'gpu', make: (inputs, attrs, { y }) => makeWinograd(of(inputs, attrs, y)) };
}

/** Kernels for CPU adapters, that which shares loads in a subgroup first. */
export function cpuConvs<In extends Types, Attrs>(of: ConvolutionOf<In, Attrs>): OpKernel<In, Output, Attrs>[] {
  return [
    {
      // 3.7 times as fast as the wide kernel on llvmpipe, which comes near where half of its tile is empty.
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

/** Whether the windows are 3×3 and touch, and every channel sees all others. */
function isPlain3x3({ weight: { shape }, stride, groups }: Convolution): boolean {
  return shape[0] === 3 && shape[1] === 3 && stride === 1 && groups === 1;
}

function makeWide(conv: Convolution): Kernel | undefined {
  const { weight, y } = conv;
  const fits = isPlain3x3(conv) && (weight.shape[3] as number) % 8 === 0 && (y.shape[1] as number) >= WIDE;
  return fits ? directConv(conv, WIDE) : undefined;
}

function makeSubgroup(conv: Convolution): Kernel | undefined {
  if (!isPlain3x3(conv)) return undefined;
  const [OH, OW, N] = conv.y.shape as [number, number, number];
  const { lanes, rows, pixels, channels } = SUBGROUP;
  const workgroups = Math.ceil(OH / rows) * Math.ceil(OW / pixels) * Math.ceil(N / (lanes * channels));
  return { ...makeConv(conv, [subgroupWgsl, tileWgsl], {}, workgroups), subgroupSize: lanes };
}

function makeWinograd(conv: Convolution): Kernel | undefined {
  if (!isPlain3x3(conv)) return undefined;
  const [OH, OW, N] = conv.y.shape as [number, number, number];
  const tiles = Math.ceil(OH / 2) * Math.ceil(OW / 2);
  const workgroups = Math.ceil(tiles / WINOGRAD.tiles) * Math.ceil(N / WINOGRAD.channels);
  return { ...makeConv(conv, [winogradWgsl], {}, workgroups), invocations: WINOGRAD.invocations };
}

function directConv(conv: Convolution, pixels: number): Kernel {
  const [KH, KW] = conv.weight.shape as [number, number];
  const [OH, OW, N] = conv.y.shape as [number, number, number];
  const COLS = (N / conv.groups) % 8 === 0 ? 2 : 1;
  const tiles = OH * Math.ceil(OW / pixels) * Math.ceil(N / (4 * COLS));
  const tunables = { KH, KW, STRIDE: conv.stride, PIXELS: pixels, COLS, WORKGROUP };
  const kernel = makeConv(conv, [convWgsl], tunables, Math.ceil(tiles / WORKGROUP));
  const [C, groups] = [conv.map[2] as number, conv.groups];
  return { ...kernel, params: { ...kernel.params, GC4: C / groups / 4, GN4: N / groups / 4 } };
}

function makeConv(
  { map, weight, y, pad, loader, store }: Convolution,
  files: readonly ShaderFile[],
  tunables: Kernel['tunables'],
  workgroups: number,
): Kernel {
  const [H, W, C] = map as [number, number, number];
  const [OH, OW, N] = y.shape as [number, number, number];
  const sizes = { H, W, C4: C / 4, OH, OW, N4: N / 4, PAD_Y: pad.top, PAD_X: pad.left };
  return {
    files: [...files, ...loader.files, ...store.files],
    tunables: { welem: weight.dtype, ...loader.tunables, ...store.tunables, ...tunables },
    params: { ...loader.params, ...store.params, ...sizes },
    workgroups,
  };
}
