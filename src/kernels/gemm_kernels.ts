import registersWgsl from '../../shaders/gemm.wgsl?raw';
import type { DeviceFacts } from '../gpu/gpu.js';
import type { TensorType } from '../tensor.js';
import type { Include, Kernel, ShaderFile } from './op.js';
import { parts } from '../parts.js';

const tiledWgsl = async () => (await parts.gpu()).gemmTiled;
const subgroupWgsl = async () => (await parts.gpu()).gemmSubgroup;

/** Rows that an invocation of the register kernel computes, of eight columns where N allows. */
const REGISTERS = { rows: 4, workgroup: 64 } as const;
/** Rows that an invocation of the subgroup kernel computes, and how many lanes hand them round. */
const SUBGROUP = { rows: 16, share: 8 } as const;
/** Invocations of the tiled kernel: 8 rows each, of `cols` × 4 columns. */
const TILES = {
  narrow: { x: 16, y: 8, cols: 1 },
  tall: { x: 8, y: 16, cols: 2 },
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

/** No workgroup memory, no exchange between invocations: the product that every device computes. */
export function registerProduct(product: Product): Kernel {
  const N = product.weight.shape[1] as number;
  const COLS = N % 8 === 0 ? 2 : 1;
  const { rows, workgroup } = REGISTERS;
  const tiles = Math.ceil(product.M / rows) * Math.ceil(N / (4 * COLS));
  return productKernel(
    product,
    registersWgsl,
    { ROWS: rows, COLS, WORKGROUP: workgroup },
    Math.ceil(tiles / workgroup),
  );
}

/** Rows are handed round subgroups of eight or more. */
export function subgroupProduct(product: Product): Kernel {
  const { rows, share } = SUBGROUP;
  const lanes = (product.weight.shape[1] as number) / 4;
  const columns = (workgroup: number) => Math.ceil(lanes / workgroup);
  const workgroup = 32 * columns(32) > 8 * columns(8) ? 8 : 32;
  const kernel = productKernel(
    product,
    subgroupWgsl,
    { ROWS: rows, SHARE: share, WORKGROUP: workgroup },
    Math.ceil(product.M / rows) * columns(workgroup),
  );
  return { ...kernel, leastSubgroupSize: share };
}

/**
 * Tiles go through workgroup memory: for GPUs, where registers alone wait for memory. Not for rows that one invocation
 * holds.
 */
export function tiledProduct(product: Product): Kernel | undefined {
  const { M, weight, loader } = product;
  if (M <= 8) return undefined;
  const N = weight.shape[1] as number;
  const tile = tileCount(TILES.tall, M, N) >= MANY ? TILES.tall : TILES.narrow;
  const telem = weight.dtype === 'f16' && loader.tunables['xelem'] === 'f16' ? 'f16' : 'f32';
  return productKernel(product, tiledWgsl, { telem, TX: tile.x, TY: tile.y, COLS: tile.cols }, tileCount(tile, M, N));
}

function tileCount({ x, y, cols }: (typeof TILES)[keyof typeof TILES], M: number, N: number): number {
  return Math.ceil(M / (8 * y)) * Math.ceil(N / (4 * cols * x));
}

/** Name of the product kernel for x[M,K] · weight[K,N] on a device. */
export function chooseProduct(M: number, { shape }: TensorType, { software, subgroupSize }: DeviceFacts): string {
  const [K, N] = shape as [number, number];
  if (!software) {
    const tiles = tileCount(TILES.narrow, M, N);
    // Half empty tiles and sums of few steps are no better than registers.
    return tiles >= ENOUGH && M * N >= 2048 * tiles && K >= 64 ? 'tiled' : 'registers';
  }
  if (subgroupSize < SUBGROUP.share) return 'registers';
  // Loads are what costs a CPU adapter. Below a quarter of rows and lanes in use, sharing them saves nothing.
  const busy = Math.min(M / SUBGROUP.rows, 1) * Math.min(N / (4 * subgroupSize), 1);
  return busy > 0.25 ? 'subgroup' : 'registers';
}

function productKernel(
  { M, weight, loader, store }: Product,
  main: ShaderFile,
  tunables: Kernel['tunables'],
  workgroups: number,
): Kernel {
  const [K, N] = weight.shape as [number, number];
  return {
    files: [main, ...loader.files, ...store.files],
    tunables: { welem: weight.dtype, ...tunables, ...loader.tunables, ...store.tunables },
    params: { ...loader.params, ...store.params, M, N4: N / 4, K4: K / 4 },
    workgroups,
  };
}
