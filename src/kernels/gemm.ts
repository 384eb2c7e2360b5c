import patchesWgsl from '../../shaders/gemm_load_patches.wgsl?raw';
import rowsWgsl from '../../shaders/gemm_load_rows.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, type TensorType } from '../tensor.js';
import { productKernels, rowCount, type Product } from './gemm_kernels.js';
import { type Include, defineOp } from './op.js';
import { ensureStore, shuffleKernel, storeKernel, type StoreAttrs, type StoreInputs } from './store.js';

export interface GemmInputs extends StoreInputs {
  readonly [name: string]: TensorType | undefined;
  /** [M,K], or a map [H,W,K] whose pixels are the rows. */
  readonly x: TensorType;
  /** [K,N]: the transpose of PyTorch's [N,K]. */
  readonly weight: TensorType;
}

export interface GemmAttrs extends StoreAttrs {
  /** Leaves out the first row of x: the class token. */
  readonly skipClassToken?: boolean;
}

/**
 * y = epilogue(x · weight + bias): linear layers and 1×1 convolutions. The output keeps the leading dimensions of x
 * and is f32 with LayerScale, because the residual stream is.
 */
export const gemm = defineOp<GemmInputs, GemmAttrs>({
  name: 'gemm',
  infer(inputs, { out = 'f32', skipClassToken = false }) {
    const { x, weight } = inputs;
    const K = x.shape.at(-1) as number;
    ensureTypes(
      'gemm',
      { x, weight },
      K % 4 === 0 && weight.shape.length === 2 && weight.shape[0] === K,
      `[K,N] with K = ${K}`,
    );
    const N = weight.shape[1] as number;
    const y: TensorType = { dtype: inputs.gamma ? 'f32' : out, shape: [...rowsOf(x, skipClassToken), N] };
    ensureStore('gemm', inputs, y, N);
    return { y };
  },
  kernels: productKernels(rowsProduct),
  probes: async () => (await parts.gpu()).gemmProbes,
  cost: ({ weight }, _attrs, { y }) => gemmCost(rowCount(y), weight),
});

export interface TransposedConvAttrs extends StoreAttrs {
  readonly stride: number;
}

export interface TransposedConvInputs {
  readonly [name: string]: TensorType | undefined;
  /** [H,W,C] */
  readonly x: TensorType;
  /** [C, S·S·N], columns ordered (dy, dx, n). */
  readonly weight: TensorType;
  /** [N] */
  readonly bias: TensorType;
}

/** Transposed convolution whose kernel is its stride: a GEMM and a pixel shuffle. y[H·S, W·S, N]. */
export const transposedConv = defineOp<TransposedConvInputs, TransposedConvAttrs>({
  name: 'transposed_conv',
  infer({ x, weight, bias }, { out = 'f32', stride }) {
    const [H, W, C] = x.shape as [number, number, number];
    const N = bias.shape[0] as number;
    ensureTypes(
      'transposed_conv',
      { x, weight },
      weight.shape[0] === C && weight.shape[1] === stride * stride * N && N % 4 === 0,
      `[${C},${stride * stride * N}]`,
    );
    return { y: { dtype: out, shape: [H * stride, W * stride, N] } };
  },
  kernels: productKernels(shuffledProduct),
  probes: async () => (await parts.gpu()).transposedConvProbes,
  cost: ({ x, weight }) => gemmCost(rowCount(x), weight),
});

export interface PatchEmbedAttrs {
  /** Side of a patch in pixels. */
  readonly patch: number;
}

export interface PatchEmbedInputs {
  readonly [name: string]: TensorType | undefined;
  /** Normalised picture [H,W,4], fourth channel zero, f32. */
  readonly x: TensorType;
  /** [P·P·4, C], rows ordered (ky, kx, channel). */
  readonly weight: TensorType;
  /** [C] */
  readonly bias: TensorType;
  /** Token table [1 + GH·GW, C]: class token and position embeddings, less the bias in row 0. */
  readonly residual: TensorType;
}

/** Patch embedding with class token and position embeddings: tokens y[1 + GH·GW, C] of a picture [GH·P, GW·P, 4]. */
export const patchEmbed = defineOp<PatchEmbedInputs, PatchEmbedAttrs>({
  name: 'patch_embed',
  infer(inputs, { patch }) {
    const { x, weight, residual } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    ensureTypes(
      'patch_embed',
      { picture: x },
      C === 4 && H % patch === 0 && W % patch === 0,
      `[H,W,4] with H and W multiples of ${patch}`,
    );
    ensureTypes('patch_embed', { weight }, weight.shape[0] === patch * patch * 4, `[${patch * patch * 4},·]`);
    const y: TensorType = { dtype: 'f32', shape: [1 + (H / patch) * (W / patch), weight.shape[1] as number] };
    ensureStore('patch_embed', { bias: inputs.bias, residual }, y, weight.shape[1] as number);
    return { y };
  },
  kernels: productKernels(patchesProduct),
  probes: async () => (await parts.gpu()).patchEmbedProbes,
  cost: ({ x, weight }, { patch }) => gemmCost(rowCount(x) / patch ** 2, weight),
});

/** Leading dimensions of x, one row shorter when the class token is left out. */
function rowsOf({ shape }: TensorType, skipClassToken: boolean): readonly number[] {
  return skipClassToken ? [(shape[0] as number) - 1] : shape.slice(0, -1);
}

function rowsProduct(inputs: GemmInputs, attrs: GemmAttrs, y: TensorType): Product {
  return {
    M: rowCount(y),
    weight: inputs.weight,
    store: storeKernel(inputs, attrs, y),
    loader: rowsLoader(inputs.x, attrs.skipClassToken),
  };
}

function shuffledProduct({ x, weight }: TransposedConvInputs, attrs: TransposedConvAttrs, y: TensorType): Product {
  return {
    M: rowCount(x),
    weight,
    store: shuffleKernel(attrs, y, x.shape[1] as number, attrs.stride),
    loader: rowsLoader(x),
  };
}

function patchesProduct(inputs: PatchEmbedInputs, { patch }: PatchEmbedAttrs, y: TensorType): Product {
  const W = inputs.x.shape[1] as number;
  const loader = { files: [patchesWgsl], tunables: { PATCH: patch }, params: { W, GW: W / patch } };
  return { M: rowCount(y), weight: inputs.weight, store: storeKernel(inputs, {}, y), loader };
}

function rowsLoader(x: TensorType, skipClassToken = false): Include {
  return { files: [rowsWgsl], tunables: { xelem: x.dtype, SKIP: skipClassToken ? 1 : 0 }, params: {} };
}

function gemmCost(M: number, weight: TensorType): { flops: number } {
  return { flops: 2 * M * (weight.shape[0] as number) * (weight.shape[1] as number) };
}
