import patchesWgsl from '../../shaders/gemm_load_patches.wgsl?raw';
import rowsWgsl from '../../shaders/gemm_load_rows.wgsl?raw';
import { parts } from '../parts.js';
import { ensureTypes, type TensorType } from '../tensor.js';
import { packedKernel, productKernels, rowCount, type Product } from './gemm_kernels.js';
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
  /** Rows of tokens x that are read: all unless given, those of the patches, or the first alone, the class token's. */
  readonly rows?: TokenRows;
}

/** The class token is the first row, the patches are the others. */
export type TokenRows = 'all' | 'patches' | 'class';

/**
 * y = epilogue(x · weight + bias): linear layers and 1×1 convolutions. The output keeps the leading dimensions of x
 * and is f32 with LayerScale, because the residual stream is.
 */
export const gemm = defineOp<GemmInputs, GemmAttrs>({
  name: 'gemm',
  infer(inputs, { out = 'f32', rows = 'all' }) {
    const { x, weight } = inputs;
    const K = x.shape.at(-1) as number;
    ensureTypes(
      'gemm',
      { x, weight },
      K % 4 === 0 && weight.shape.length === 2 && weight.shape[0] === K,
      `[K,N] with K = ${K}`,
    );
    const N = weight.shape[1] as number;
    const y: TensorType = { dtype: inputs.gamma ? 'f32' : out, shape: [...rowsOf(x, rows), N] };
    ensureStore('gemm', inputs, y, N);
    return { y };
  },
  kernels: [...productKernels(rowsProduct), packedKernel(rowsProduct)],
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
  kernels: [...productKernels(shuffledProduct), packedKernel(shuffledProduct)],
  probes: async () => (await parts.gpu()).transposedConvProbes,
  cost: ({ x, weight }) => gemmCost(rowCount(x), weight),
});

export interface PatchEmbedAttrs {
  /** Side of a patch in pixels. */
  readonly patch: number;
}

export interface PatchEmbedInputs {
  readonly [name: string]: TensorType | undefined;
  /** Normalised picture [H,W,4], fourth channel zero; or a map [H,W,C]. */
  readonly x: TensorType;
  /** [P·P·C, N], rows ordered (ky, kx, channel). */
  readonly weight: TensorType;
  /** [N] */
  readonly bias: TensorType;
  /** Token table [1 + GH·GW, N]: class token and position embeddings, less the bias in row 0. */
  readonly residual: TensorType;
}

/** Patch embedding with class token and position embeddings: tokens y[1 + GH·GW, N] of a picture [GH·P, GW·P, C]. */
export const patchEmbed = defineOp<PatchEmbedInputs, PatchEmbedAttrs>({
  name: 'patch_embed',
  infer(inputs, { patch }) {
    const { x, weight, residual } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    ensureTypes(
      'patch_embed',
      { picture: x },
      C % 4 === 0 && H % patch === 0 && W % patch === 0,
      `[H,W,C] with C a multiple of 4, H and W multiples of ${patch}`,
    );
    ensureTypes('patch_embed', { weight }, weight.shape[0] === patch * patch * C, `[${patch * patch * C},·]`);
    const y: TensorType = { dtype: 'f32', shape: [1 + (H / patch) * (W / patch), weight.shape[1] as number] };
    ensureStore('patch_embed', { bias: inputs.bias, residual }, y, weight.shape[1] as number);
    return { y };
  },
  kernels: productKernels(patchesProduct),
  probes: async () => (await parts.gpu()).patchEmbedProbes,
  cost: ({ x, weight }, { patch }) => gemmCost(rowCount(x) / patch ** 2, weight),
});

/** Leading dimensions of the rows of x that are read. */
function rowsOf({ shape }: TensorType, rows: TokenRows): readonly number[] {
  if (rows === 'class') return [1];
  return rows === 'patches' ? [(shape[0] as number) - 1] : shape.slice(0, -1);
}

function rowsProduct(inputs: GemmInputs, attrs: GemmAttrs, y: TensorType): Product {
  return {
    M: rowCount(y),
    weight: inputs.weight,
    store: storeKernel(inputs, attrs, y),
    loader: rowsLoader(inputs.x, attrs.rows),
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
  const { dtype, shape } = inputs.x;
  const [, W, C] = shape as [number, number, number];
  const tunables = { xelem: dtype, PATCH: patch, C4: C / 4 };
  const loader = { files: [patchesWgsl], tunables, params: { W, GW: W / patch } };
  return { M: rowCount(y), weight: inputs.weight, store: storeKernel(inputs, {}, y), loader };
}

function rowsLoader(x: TensorType, rows: TokenRows = 'all'): Include {
  return { files: [rowsWgsl], tunables: { xelem: x.dtype, SKIP: rows === 'patches' ? 1 : 0 }, params: {} };
}

function gemmCost(M: number, weight: TensorType): { flops: number } {
  return { flops: 2 * M * (weight.shape[0] as number) * (weight.shape[1] as number) };
}
