import registersWgsl from '../../shaders/gemm.wgsl?raw';
import type { TensorType } from '../tensor.js';
import type { Include, Kernel, OpKernel, ShaderFile, Types } from './op.js';
import { parts } from '../parts.js';
import { sumsFor, WHOLE } from './sums.js';

const tiledWgsl = async () => (await parts.gpu()).gemmTiled;
const subgroupWgsl = async () => (await parts.gpu()).gemmSubgroup;

/** Rows that an invocation of the register kernel computes, of eight columns where N allows. */
const ROWS = 4;
/** Rows that an invocation of the subgroup kernel computes, and how many lanes hand them round. */
const SUBGROUP = { rows: 16, share: 8 } as const;
/** Invocations of the tiled kernel: 8 rows each, of `cols` × 4 columns; a sum takes `depth` products in a turn. */
const TILES = {
  narrow: { x: 16, y: 8, cols: 1, depth: 4 },
  tall: { x: 8, y: 16, cols: 2, depth: 1 },
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
  return like.shape.slice(0, -1).reduce((n, d) => n * d, 1);
}

/** The kernels of an op that is a product with a loader and a store of its own. */
export function productKernels<In extends Types, Attrs>(
  productOf: (inputs: In, attrs: Attrs, y: TensorType) => Product,
): OpKernel<In, { y: TensorType }, Attrs>[] {
  return [
    { name: 'registers', on: 'any', make: (inputs, attrs, { y }) => registerProduct(productOf(inputs, attrs, y)) },
    {
      name: 'subgroup',
      on: 'any',
      prefer: (inputs, attrs, { y }, { software, subgroupSize }) =>
        software && fillsLanes(productOf(inputs, attrs, y), subgroupSize),
      make: (inputs, attrs, { y }) => subgroupProduct(productOf(inputs, attrs, y)),
    },
    {
      name: 'tiled',
      on: 'gpu',
      prefer: (inputs, attrs, { y }) => fillsTiles(productOf(inputs, attrs, y)),
      make: (inputs, attrs, { y }) => tiledProduct(productOf(inputs, attrs, y)),
    },
    {
      name: 'split',
      on: 'gpu',
      prefer: () => true,
      make: (inputs, attrs, { y }) => sharedProduct(productOf(inputs, attrs, y)),
    },
  ];
}

/** No workgroup memory, no exchange between invocations: the product that every device computes. */
function registerProduct(product: Product, sums = WHOLE): Kernel {
  const tunables = { ROWS, COLS: registerColumns(product), ...sums.tunables };
  const [tiles] = registerTiles(product);
  const kernel = makeProduct(product, [registersWgsl, sums.file], tunables, Math.ceil(tiles / sums.tiles));
  return { ...kernel, invocations: sums.invocations };
}

function sharedProduct(product: Product): Kernel {
  return registerProduct(product, sumsFor(...registerTiles(product), ROWS));
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

/**
 * Tiles go through workgroup memory: for GPUs, where registers alone wait for memory. Not for rows that one invocation
 * holds.
 */
function tiledProduct(product: Product): Kernel | undefined {
  const { M, weight } = product;
  if (M <= 8) return undefined;
  const N = weight.shape[1] as number;
  const tile = tileCount(TILES.tall, M, N) >= MANY ? TILES.tall : TILES.narrow;
  return makeProduct(
    product,
    [tiledWgsl],
    { TX: tile.x, TY: tile.y, COLS: tile.cols, DEPTH: tile.depth },
    tileCount(tile, M, N),
  );
}

function tileCount({ x, y, cols }: (typeof TILES)[keyof typeof TILES], M: number, N: number): number {
  return Math.ceil(M / (8 * y)) * Math.ceil(N / (4 * cols * x));
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
function fillsLanes({ M, weight }: Product, subgroupSize: number): boolean {
  const N = weight.shape[1] as number;
  return Math.min(M / SUBGROUP.rows, 1) * Math.min(N / (4 * subgroupSize), 1) > 0.25;
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
