import { GpuUnavailableError } from '../src/errors.js';
import { makeKernel, type Op, type OpKernel } from '../src/kernels/op.js';
import type { KernelSpec } from '../src/kernels/spec.js';
import matrixWgsl from './shaders/gemm_matrix.wgsl?raw';

/** Dawn's name of the draft, which it gives with the toggle `allow_unsafe_apis` only. */
export const MATRIX_FEATURE = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** An entry of `GPUAdapterInfo.subgroupMatrixConfigs` in the draft: matrices that the device multiplies. */
export interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Rows and columns of a tile, and invocations of a subgroup in the kernel. */
const TILE = 64;
const LANES = 32;

/**
 * Edge of the square f16 matrices that a device multiplies into f32 ones.
 * @throws GpuUnavailableError `GPU_UNAVAILABLE` with what the device has instead
 */
export function matrixEdge(configs: readonly MatrixConfig[] = []): 8 | 16 {
  const edge = ([16, 8] as const).find((size) =>
    configs.some(
      (c) =>
        c.componentType === 'f16' && c.resultComponentType === 'f32' && [c.M, c.N, c.K].every((side) => side === size),
    ),
  );
  if (edge !== undefined) return edge;
  const found =
    configs.map((c) => `${c.componentType} ${c.M}x${c.N}x${c.K} into ${c.resultComponentType}`).join(', ') || 'none';
  throw new GpuUnavailableError(
    'GPU_UNAVAILABLE',
    `The adapter multiplies no f16 matrices of 8 x 8 or 16 x 16 into f32; it has: ${found}.`,
  );
}

/**
 * Specs of the ops that have a tiled product, with one more kernel: the same tiles on matrix units, f16 into f32.
 * It is no part of the library: the draft still changes, and no device has shown that it is right.
 */
export function withMatrixKernels(specs: readonly KernelSpec[], edge: 8 | 16): KernelSpec[] {
  const products = specs.filter(({ op }) => ['gemm', 'transposed_conv', 'patch_embed'].includes(op.name));
  return products.map((spec) => ({
    ...spec,
    op: { ...spec.op, kernels: [...spec.op.kernels, matrixKernel(spec.op, edge)] },
  }));
}

/** The tiled kernel's loader, store and uniforms, around another main file. */
function matrixKernel(op: Op, edge: 8 | 16): OpKernel {
  const make: OpKernel['make'] = (inputs, attrs, outputs) => {
    const tiled = makeKernel(op, 'tiled', inputs, attrs, outputs);
    if (!tiled || inputs['weight']?.dtype !== 'f16' || inputs['x']?.dtype !== 'f16') return undefined;
    const { welem, TX, TY, COLS, DEPTH, ...parts } = tiled.tunables;
    const [M, N] = [tiled.params['M'] as number, 4 * (tiled.params['N4'] as number)];
    return {
      files: [matrixWgsl, ...tiled.files.slice(1)],
      tunables: { ...parts, EDGE: edge },
      params: tiled.params,
      workgroups: Math.ceil(M / TILE) * Math.ceil(N / TILE),
      subgroupSize: LANES,
    };
  };
  return { name: 'matrix', on: 'gpu', make };
}
