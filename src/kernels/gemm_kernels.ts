import subgroupSource from '../../shaders/gemm_subgroup.wgsl?raw';
import registersSource from '../../shaders/gemm.wgsl?raw';
import type { DeviceFacts } from '../gpu/gpu.js';
import type { TensorType } from '../tensor.js';
import type { Kernel } from './op.js';

/** Rows that an invocation of the register kernel computes, of eight columns where N allows. */
const REGISTERS = { rows: 4, workgroup: 64 } as const;
/** Rows that an invocation of the subgroup kernel computes, and how many lanes hand them round. */
const SUBGROUP = { rows: 16, share: 8 } as const;

/** A product of a matrix x[M,K], read by `loader`, with weight[K,N], written by `store`. */
export interface Product {
  readonly M: number;
  readonly weight: TensorType;
  readonly loader: Part;
  readonly store: Part;
}

/** What a loader or a store adds to a kernel. */
export type Part = Omit<Kernel, 'workgroups'>;

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
  return productKernel(product, registersSource, { ROWS: rows, COLS, WORKGROUP: workgroup }, Math.ceil(tiles / workgroup));
}

/** Rows are handed round subgroups of eight or more. */
export function subgroupProduct(product: Product): Kernel {
  const { rows, share } = SUBGROUP;
  const lanes = (product.weight.shape[1] as number) / 4;
  const columns = (workgroup: number) => Math.ceil(lanes / workgroup);
  const workgroup = 32 * columns(32) > 8 * columns(8) ? 8 : 32;
  const kernel = productKernel(product, subgroupSource, { ROWS: rows, SHARE: share, WORKGROUP: workgroup }, Math.ceil(product.M / rows) * columns(workgroup));
  return { ...kernel, leastSubgroupSize: share };
}

/** Name of the product kernel for M rows and N columns on a device. */
export function chooseProduct(M: number, N: number, { software, subgroupSize }: DeviceFacts): string {
  if (!software || subgroupSize < SUBGROUP.share) return 'registers';
  // Loads are what costs a CPU adapter. Below a quarter of rows and lanes in use, sharing them saves nothing.
  const busy = Math.min(M / SUBGROUP.rows, 1) * Math.min(N / (4 * subgroupSize), 1);
  return busy > 0.25 ? 'subgroup' : 'registers';
}

function productKernel({ M, weight, loader, store }: Product, source: string, tunables: Kernel['tunables'], workgroups: number): Kernel {
  const [K, N] = weight.shape as [number, number];
  return {
    sources: [source, ...loader.sources, ...store.sources],
    tunables: { welem: weight.dtype, ...tunables, ...loader.tunables, ...store.tunables },
    params: { ...loader.params, ...store.params, M, N4: N / 4, K4: K / 4 },
    workgroups,
  };
}
