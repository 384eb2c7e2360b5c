import epilogueWgsl from '../../shaders/epilogue.wgsl?raw';
import bilinearWgsl from '../../shaders/bilinear.wgsl?raw';
import storeWgsl from '../../shaders/store.wgsl?raw';
import storeBorderWgsl from '../../shaders/store_border.wgsl?raw';
import storeFusionWgsl from '../../shaders/store_fusion.wgsl?raw';
import storeLayerScaleWgsl from '../../shaders/store_layer_scale.wgsl?raw';
import storeResidualWgsl from '../../shaders/store_residual.wgsl?raw';
import storeShuffleWgsl from '../../shaders/store_shuffle.wgsl?raw';
import storedWgsl from '../../shaders/stored.wgsl?raw';
import storedHalfWgsl from '../../shaders/stored_half.wgsl?raw';
import { ensureTypes, show, type DType, type TensorType } from '../tensor.js';
import type { Include } from './op.js';

/** Activation of an epilogue, on the sum before a residual is added. */
export type Activation = 'none' | 'relu' | 'gelu' | 'relu6' | 'hardswish';

const ACT: Record<Activation, number> = { none: 0, relu: 1, gelu: 2, relu6: 3, hardswish: 4 };

/** WGSL files and tunables of an activation and of storing; `bounded` values stay within f16 by themselves. */
export function epilogueKernel(act: Activation, { dtype }: TensorType, bounded = false): Include {
  return {
    files: [epilogueWgsl, dtype === 'f16' && !bounded ? storedHalfWgsl : storedWgsl],
    tunables: { ACT: ACT[act], yelem: dtype },
    params: {},
  };
}

/** How the product kernels (GEMM and convolution) end. Which store follows from the inputs that are present. */
export interface StoreAttrs {
  readonly act?: Activation;
  /** ReLU on what is stored, after `residual` and `low` are added. */
  readonly reluSum?: boolean;
  /** Storage type of the output; f32 when left out. */
  readonly out?: DType;
}

/** Inputs an epilogue may read besides the bias. */
export interface StoreInputs {
  /** [N], f32; [9,N] for `store_border.wgsl`. */
  readonly bias: TensorType;
  /** Added after the activation; same shape as the output. */
  readonly residual?: TensorType | undefined;
  /** LayerScale [N], f32, on the sum before `residual` is added. */
  readonly gamma?: TensorType | undefined;
  /** Deeper path of a fusion block [LH,LW,N], resized to the output with align_corners and added. */
  readonly low?: TensorType | undefined;
}

/** Checks the epilogue's inputs against the output type. */
export function ensureStore(
  op: string,
  { bias, residual, gamma, low }: StoreInputs,
  y: TensorType,
  channels: number,
): void {
  ensureTypes(
    op,
    { y, bias },
    channels % 4 === 0 && bias.shape.length === 1 && bias.shape[0] === channels,
    `[${channels}] for ${channels} output channels, a multiple of 4`,
  );
  ensureTypes(
    op,
    { gamma, residual },
    !gamma || (gamma.shape[0] === channels && residual?.dtype === 'f32'),
    `[${channels}], and gamma needs a residual in f32`,
  );
  ensureTypes(op, { bias, gamma }, bias.dtype === 'f32' && (gamma?.dtype ?? 'f32') === 'f32', 'f32');
  ensureTypes(op, { residual }, !residual || residual.shape.join() === y.shape.join(), show(y));
  ensureTypes(op, { low }, !low || (low.shape.length === 3 && low.shape[2] === channels), `[·,·,${channels}]`);
}

/** WGSL files, tunables and uniforms of an epilogue. */
export function storeKernel(
  inputs: StoreInputs,
  { act = 'none', reluSum = false }: StoreAttrs,
  y: TensorType,
): Include {
  const { residual, gamma, low } = inputs;
  if (gamma) return { files: [storeLayerScaleWgsl], tunables: {}, params: {} };
  const end = epilogueKernel(act, y);
  if (!residual) return { ...end, files: [inputs.bias.shape.length === 2 ? storeBorderWgsl : storeWgsl, ...end.files] };
  const added = { ...end.tunables, relem: residual.dtype, RELU_SUM: reluSum };
  if (!low) return { files: [storeResidualWgsl, ...end.files], tunables: added, params: {} };
  const resize = bilinearKernel(low, y.shape, true);
  return {
    files: [storeFusionWgsl, ...end.files, ...resize.files],
    tunables: { ...added, ...resize.tunables },
    params: resize.params,
  };
}

/** The pixel-shuffle epilogue of a transposed convolution with stride `S` on a map `W` pixels wide. */
export function shuffleKernel({ act = 'none' }: StoreAttrs, y: TensorType, W: number, S: number): Include {
  const { files, tunables } = epilogueKernel(act, y);
  return { files: [storeShuffleWgsl, ...files], tunables, params: { W, S, Y4: (y.shape[2] as number) / 4 } };
}

/** bilinear.wgsl reading `low` as if it were resized to `size` [H,W,·]. */
export function bilinearKernel(low: TensorType, size: readonly number[], alignCorners: boolean): Include {
  const [LH, LW, C] = low.shape as [number, number, number];
  const [H, W] = size as [number, number];
  return {
    files: [bilinearWgsl],
    tunables: { lelem: low.dtype, ALIGN_CORNERS: alignCorners },
    params: {
      LH,
      LW,
      LC4: C / 4,
      SCALE_Y: resizeScale(LH, H, alignCorners),
      SCALE_X: resizeScale(LW, W, alignCorners),
    },
  };
}

/** ShaderFile pixels per output pixel of a resize from `from` to `to`. */
export function resizeScale(from: number, to: number, alignCorners: boolean): number {
  if (!alignCorners) return from / to;
  return to > 1 ? (from - 1) / (to - 1) : 0;
}
