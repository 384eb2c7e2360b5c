import loadWgsl from '../../shaders/gemm_load_rows.wgsl?raw';
import rowsWgsl from '../../shaders/gemm_layer_norm_rows.wgsl?raw';
import mainWgsl from '../../shaders/gemm_layer_norm.wgsl?raw';
import normOneWgsl from '../../shaders/norm_one.wgsl?raw';
import normTwoWgsl from '../../shaders/norm_two.wgsl?raw';
import { ensureTypes, type DType, type TensorType } from '../tensor.js';
import { defineOp, type Kernel, type ShaderFile } from './op.js';
import { parts } from '../parts.js';

const tiledWgsl = async () => (await parts.gpuTransformers()).gemmLayerNormTiled;
const subgroupWgsl = async () => (await parts.rare()).gemmLayerNorm;

export interface GemmLayerNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** [M,K] */
  readonly x: TensorType;
  /** [K,N]: the transpose of PyTorch's [N,K]. */
  readonly weight: TensorType;
  /** Bias and LayerScale, [2,N], f32. */
  readonly affine: TensorType;
  /** Residual stream [M,N], f32. */
  readonly residual: TensorType;
  /** Scale and shift of the layer norm, [2,N], f32; [4,N] for two layer norms of the same rows. */
  readonly norm: TensorType;
}

export interface GemmLayerNormOutputs {
  readonly [name: string]: TensorType | undefined;
  readonly sum: TensorType;
  readonly y: TensorType;
  readonly tap?: TensorType;
}

export interface GemmLayerNormAttrs {
  readonly eps: number;
  /** Storage type of the normalised rows; f32 when left out. */
  readonly out?: DType;
}

/** Rows of a band of a workgroup. */
const ROWS = 4;
/** Invocations that a GPU runs at once: narrow rows share them. */
const WAVE = 64;
/** The same of the tiled kernel: registers for eight waves and more, and twice the workgroups that sixteen give. */
const TILED_ROWS = 8;
/** The same of the kernel for CPU adapters, and invocations of its subgroups. */
const SUBGROUP = { rows: 16, lanes: 8 } as const;
/** Vectors of four columns that a row may have: wider ones need two dispatches. */
const MAX_COLS = 256;
/** Invocations that a workgroup of the safe kernel has at most: every device takes so many. */
const SAFE_WORKGROUP = 128;

/** True when one workgroup can hold whole rows of N columns. */
export function fitsLayerNorm(N: number): boolean {
  return N % 4 === 0 && N / 4 <= MAX_COLS;
}

/**
 * The end of half a transformer block and the layer norm of the next half: sum[M,N] = residual + gamma·(x·weight +
 * bias), f32, with bias and gamma from `affine`, and y[M,N] = its rows normalised. With two norms, tap[M,N] is the
 * second.
 */
export const gemmLayerNorm = defineOp<GemmLayerNormInputs, GemmLayerNormAttrs, GemmLayerNormOutputs>({
  name: 'gemm_layer_norm',
  infer({ x, weight, affine, residual, norm }, { out = 'f32' }) {
    const [M, K] = x.shape as [number, number];
    const N = weight.shape[1] as number;
    ensureTypes(
      'gemm_layer_norm',
      { x, weight },
      K % 4 === 0 && weight.shape[0] === K && fitsLayerNorm(N),
      `[${K},N] with N at most ${4 * MAX_COLS}`,
    );
    ensureTypes(
      'gemm_layer_norm',
      { affine, norm },
      affine.shape.join() === [2, N].join() && [2, 4].includes(norm.shape[0] as number) && norm.shape[1] === N,
      `[2,${N}] and [2,${N}] or [4,${N}]`,
    );
    ensureTypes(
      'gemm_layer_norm',
      { residual },
      residual.dtype === 'f32' && residual.shape.join() === [M, N].join(),
      `f32[${M},${N}]`,
    );
    const y: TensorType = { dtype: out, shape: [M, N] };
    return { sum: { dtype: 'f32', shape: [M, N] }, y, ...(norm.shape[0] === 4 ? { tap: y } : {}) };
  },
  kernels: [
    {
      name: 'rows',
      on: 'any',
      make(inputs, attrs, outputs) {
        const cols = (inputs.weight.shape[1] as number) / 4;
        const EACH = Math.ceil(cols / SAFE_WORKGROUP);
        const ACROSS = Math.ceil(cols / EACH);
        const BANDS = Math.max(1, Math.floor(WAVE / ACROSS));
        const kernel = rowsKernel(inputs, attrs, outputs, [mainWgsl], ROWS * BANDS);
        return { ...kernel, tunables: { ...kernel.tunables, EACH, ACROSS, BANDS } };
      },
    },
    {
      name: 'subgroup',
      on: 'cpu',
      prefer: () => true,
      make(inputs, attrs, outputs) {
        if (!fitsLanes(inputs.weight)) return undefined;
        const kernel = rowsKernel(inputs, attrs, outputs, [subgroupWgsl, rowsWgsl], SUBGROUP.rows);
        return { ...kernel, ...columnsEach(inputs.weight), subgroupSize: SUBGROUP.lanes };
      },
    },
    {
      name: 'tiled',
      on: 'gpu',
      prefer: () => true,
      make(inputs, attrs, outputs) {
        if (!fitsTiles(inputs.weight)) return undefined;
        const kernel = rowsKernel(inputs, attrs, outputs, [tiledWgsl, rowsWgsl], TILED_ROWS);
        return { ...kernel, ...columnsEach(inputs.weight) };
      },
    },
  ],
  probes: async () => (await parts.gpuTransformers()).gemmLayerNormProbes,
  cost: ({ x, weight }) => ({
    flops: 2 * (x.shape[0] as number) * (weight.shape[0] as number) * (weight.shape[1] as number),
  }),
});

/** What a kernel asks of a device that has an invocation for each vector of four columns. */
function columnsEach({ shape }: TensorType): { readonly invocations: number } {
  return { invocations: (shape[1] as number) / 4 };
}

/** Whether a workgroup has two subgroups of 32 or more. */
function fitsTiles({ shape }: TensorType): boolean {
  return (shape[1] as number) >= 256;
}

/** Whether every subgroup of a workgroup is full. */
function fitsLanes({ shape }: TensorType): boolean {
  return (shape[1] as number) % (4 * SUBGROUP.lanes) === 0;
}

function rowsKernel(
  { x, weight }: GemmLayerNormInputs,
  { eps }: GemmLayerNormAttrs,
  { y, tap }: GemmLayerNormOutputs,
  files: readonly ShaderFile[],
  rows: number,
): Kernel {
  const [K, N] = weight.shape as [number, number];
  const M = x.shape[0] as number;
  return {
    files: [...files, loadWgsl, tap ? normTwoWgsl : normOneWgsl],
    tunables: { xelem: x.dtype, welem: weight.dtype, yelem: y.dtype, COLS: N / 4 },
    params: { M, N4: N / 4, K4: K / 4, EPS: eps },
    workgroups: Math.ceil(M / rows),
  };
}
