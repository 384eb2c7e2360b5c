import rowsSource from '../../shaders/gemm_load_rows.wgsl?raw';
import source from '../../shaders/gemm_layer_norm.wgsl?raw';
import { ensure, show, type DType, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

export interface GemmLayerNormInputs {
  readonly [name: string]: TensorType | undefined;
  /** [M,K] */
  readonly x: TensorType;
  /** [K,N]: the transpose of PyTorch's [N,K]. */
  readonly weight: TensorType;
  /** [N], f32 */
  readonly bias: TensorType;
  /** Residual stream [M,N], f32. */
  readonly residual: TensorType;
  /** LayerScale [N], f32. */
  readonly gamma: TensorType;
  /** Scale and shift of the layer norm, [2,N], f32. */
  readonly norm: TensorType;
}

export interface GemmLayerNormAttrs {
  readonly eps: number;
  /** Storage type of the normalised rows; f32 when left out. */
  readonly out?: DType;
}

/** Invocations a workgroup may have on every device: rows wider than four times this need two dispatches. */
const MAX_COLS = 256;

/** True when one workgroup can hold whole rows of N columns. */
export function fitsLayerNorm(N: number): boolean {
  return N % 4 === 0 && N / 4 <= MAX_COLS;
}

/**
 * The end of half a transformer block and the layer norm of the next half: sum[M,N] = residual + gamma·(x·weight + bias),
 * f32, and y[M,N] = its rows normalised.
 */
export const gemmLayerNorm = defineOp<GemmLayerNormInputs, GemmLayerNormAttrs, { sum: TensorType; y: TensorType }>({
  name: 'gemm_layer_norm',
  infer({ x, weight, bias, residual, gamma, norm }, { out = 'f32' }) {
    const [M, K] = x.shape as [number, number];
    const N = weight.shape[1] as number;
    ensure(K % 4 === 0 && weight.shape[0] === K && fitsLayerNorm(N), () => `gemm_layer_norm: x is ${show(x)}, weight is ${show(weight)}, expected [${K},N] with N at most ${4 * MAX_COLS}.`);
    ensure(bias.shape[0] === N && gamma.shape[0] === N && norm.shape.join() === [2, N].join(), () => `gemm_layer_norm: bias is ${show(bias)}, gamma is ${show(gamma)}, norm is ${show(norm)}, expected [${N}], [${N}] and [2,${N}].`);
    ensure(residual.dtype === 'f32' && residual.shape.join() === [M, N].join(), () => `gemm_layer_norm: residual is ${show(residual)}, expected f32[${M},${N}].`);
    return { sum: { dtype: 'f32', shape: [M, N] }, y: { dtype: out, shape: [M, N] } };
  },
  kernels: {
    rows: ({ x, weight }, { eps }, { y }) => {
      const [K, N] = weight.shape as [number, number];
      const M = x.shape[0] as number;
      return {
        sources: [source, rowsSource],
        tunables: { xelem: x.dtype, welem: weight.dtype, yelem: y.dtype, COLS: N / 4 },
        params: { M, N4: N / 4, K4: K / 4, EPS: eps },
        workgroups: Math.ceil(M / 4),
      };
    },
  },
  cost: ({ x, weight }) => ({ flops: 2 * (x.shape[0] as number) * (weight.shape[0] as number) * (weight.shape[1] as number) }),
});
