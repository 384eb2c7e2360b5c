import registersWgsl from '../../shaders/gemm.wgsl?raw';
import type { DeviceFacts } from '../gpu/gpu.js';
import { numel, type TensorType } from '../tensor.js';
import { formsOf, type Include, type Kernel, type OpKernel, type ShaderFile, type Types } from './op.js';
import { parts } from '../parts.js';
import { sumsFor, WHOLE, type Sums } from './sums.js';

const tiledWgsl = async () => (await parts.gpu()).gemmTiled;
const packedWgsl = async () => (await parts.gpuTransformers()).gemmPacked;
const subgroupWgsl = async () => (await parts.gpu()).gemmSubgroup;

/** Rows that an invocation of the register kernel computes, of eight columns where N allows. */
const ROWS = 4;
/** Rows that an invocation of the subgroup kernel computes, and how many lanes hand them round. */
const SUBGROUP = { rows: 16, share: 8 } as const;
/**
 * TX·TY invocations of the tiled kernel: 8 rows each, of COLS × 4 columns; a sum takes DEPTH products in a turn. The
 * packed one takes two: of one, loops take a larger part, and of four compilers copy every sum.
 */
const TILES = {
  narrow: { TX: 16, TY: 8, COLS: 1, DEPTH: 4 },
  tall: { TX: 8, TY: 16, COLS: 2, DEPTH: 1 },
} as const;
/** Tall tiles read less workgroup memory a product, and there must be so many of them to keep a large GPU busy. */
const MANY = 256;
/** Fewer narrow tiles than this leave most of a GPU idle. */
const ENOUGH = 64;

/** A product of a matrix x[M,K], read by `loader`, with weight[K,N], written by `store`. */
export interface Product {
  readonly M: number;
  readonly weight: TensorType;
  readonly loader: Include;
  readonly store: Include;
}

/** Rows of the map or matrix that a product with the rows of `like` makes. */
export function rowCount(like: TensorType): number {
  return numel(like.shape.slice(0, -1));
}

/** How an op makes a product of its inputs. */
export type ProductOf<In, Attrs> = (inputs: In, attrs: Attrs, y: TensorType) => Product;

/** The kernels of an op that is a product with a loader and a store of its own. */
export function productKernels<In extends Types, Attrs>(
  productOf: ProductOf<In, Attrs>,
): OpKernel<In, { y: TensorType }, Attrs>[] {
  const of = formsOf(productOf);
  return [
    { name: 'registers', on: 'any', make: of(registerProduct) },
    { name: 'subgroup', on: 'any', prefer: of(fillsLanes), make: of(subgroupProduct) },
    { name: 'tiled', on: 'gpu', prefer: of(fillsTiles), make: of(tiledProduct) },
    { name: 'split', on: 'gpu', prefer: () => true, make: of(sharedProduct) },
  ];
}

/**
 * Weights and rows of f16 are multiplied in f16, and runs of products added up there: a GPU that has vectors of two f16
 * takes half the time for them. The error of a run is bounded in `KernelSpec.run`. A sum past f16 is computed again in
 * f32, so whatever the sizes of activations, none is cut off. WebGPU does not tell how fast f16 is: only tuning picks
 * it.
 */
export function packedKernel<In extends Types, Attrs>(
  productOf: ProductOf<In, Attrs>,
): OpKernel<In, { y: TensorType }, Attrs> {
  return { name: 'packed', on: 'gpu', twinOf: 'tiled', make: formsOf(productOf)(packedProduct) };
}

/** No workgroup memory, no exchange between invocations: the product that every device computes. */
function registerProduct(product: Product): Kernel {
  return directProduct(product, WHOLE);
}

function directProduct(product: Product, sums: Sums): Kernel {
  const tunables = { ROWS, COLS: registerColumns(product), ...sums.tunables };
  const [tiles] = registerTiles(product);
  const kernel = makeProduct(product, [registersWgsl, sums.file], tunables, Math.ceil(tiles / sums.tiles));
  return { ...kernel, invocations: sums.invocations };
}

function sharedProduct(product: Product): Kernel {
  return directProduct(product, sumsFor(...registerTiles(product), ROWS));
}

/** Columns of four that an invocation of gemm.wgsl computes. */
function registerColumns({ weight }: Product): number {
  return (weight.shape[1] as number) % 8 === 0 ? 2 : 1;
}

/** Tiles of gemm.wgsl, and vectors that each of them sums up. */
function registerTiles(product: Product): [tiles: number, terms: number] {
  const [K, N] = product.weight.shape as [number, number];
  return [Math.ceil(product.M / ROWS) * Math.ceil(N / (4 * registerColumns(product))), K / 4];
}

/** Rows are handed round subgroups of eight or more. */
function subgroupProduct(product: Product): Kernel {
  const { rows, share } = SUBGROUP;
  const lanes = (product.weight.shape[1] as number) / 4;
  const columns = (workgroup: number) => Math.ceil(lanes / workgroup);
  const workgroup = 32 * columns(32) > 8 * columns(8) ? 8 : 32;
  const kernel = makeProduct(
    product,
    [subgroupWgsl],
    { ROWS: rows, SHARE: share, WORKGROUP: workgroup },
    Math.ceil(product.M / rows) * columns(workgroup),
  );
  return { ...kernel, leastSubgroupSize: share };
}

/** Tiles go through workgroup memory: for GPUs, where registers alone wait for memory. */
function tiledProduct(product: Product): Kernel | undefined {
  return inTiles(product, tiledWgsl);
}

function packedProduct(product: Product): Kernel | undefined {
  const { weight, loader } = product;
  if (weight.dtype !== 'f16' || loader.tunables['xelem'] !== 'f16') return undefined;
  return inTiles(product, packedWgsl, { DEPTH: 2 });
}

/** Not for rows that one invocation holds. */
function inTiles(product: Product, file: ShaderFile, own: Kernel['tunables'] = {}): Kernel | undefined {
  const { M, weight } = product;
  if (M <= 8) return undefined;
  const N = weight.shape[1] as number;
  const { narrow, tall } = TILES;
  const tile = tileCount(tall, M, N) >= MANY ? tall : narrow;
  return makeProduct(product, [file], { ...tile, ...own }, tileCount(tile, M, N));
}

function tileCount({ TX, TY, COLS }: (typeof TILES)[keyof typeof TILES], M: number, N: number): number {
  return Math.ceil(M / (8 * TY)) * Math.ceil(N / (4 * COLS * TX));
}

/** Few tiles, half empty ones and sums of few steps are no better than registers. */
function fillsTiles({ M, weight: { shape } }: Product): boolean {
  const [K, N] = shape as [number, number];
  const tiles = tileCount(TILES.narrow, M, N);
  return tiles >= ENOUGH && M * N >= 2048 * tiles && K >= 64;
}

/**
 * Loads are what costs a CPU adapter. Below a quarter of rows and lanes in use, sharing them saves nothing.
 */
function fillsLanes({ M, weight }: Product, { software, subgroupSize }: DeviceFacts): boolean {
  const N = weight.shape[1] as number;
  return software && Math.min(M / SUBGROUP.rows, 1) * Math.min(N / (4 * subgroupSize), 1) > 0.25;
}

function makeProduct(
  { M, weight, loader, store }: Product,
  main: readonly ShaderFile[],
  tunables: Kernel['tunables'],
  workgroups: number,
): Kernel {
  const [K, N] = weight.shape as [number, number];
  return {
    files: [...main, ...loader.files, ...store.files],
    tunables: { welem: weight.dtype, ...tunables, ...loader.tunables, ...store.tunables },
    params: { ...loader.params, ...store.params, M, N4: N / 4, K4: K / 4 },
    workgroups,
  };
}
