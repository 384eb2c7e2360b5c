import patchesSource from '../../shaders/gemm_load_patches.wgsl?raw';
import rowsSource from '../../shaders/gemm_load_rows.wgsl?raw';
import gemmSource from '../../shaders/gemm.wgsl?raw';
import { ensure, show, type TensorType } from '../tensor.js';
import { defineOp, type Kernel } from './op.js';
import { ensureStore, shuffleKernel, storeKernel, type StoreAttrs, type StoreInputs } from './store.js';

const WORKGROUP = 64;
const ROWS = 4;

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
    ensure(K % 4 === 0 && weight.shape.length === 2 && weight.shape[0] === K, () => `gemm: x is ${show(x)}, weight is ${show(weight)}, expected [K,N] with K = ${K}.`);
    const N = weight.shape[1] as number;
    const y: TensorType = { dtype: inputs.gamma ? 'f32' : out, shape: [...rowsOf(x, skipClassToken), N] };
    ensureStore('gemm', inputs, y, N);
    return { y };
  },
  kernels: {
    registers: (inputs, attrs, { y }) => gemmKernel(y, inputs.weight, storeKernel(inputs, attrs, y), rowsLoader(inputs.x, attrs.skipClassToken)),
  },
  cost: ({ weight }, _attrs, { y }) => gemmCost(y, weight),
});

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
export const transposedConv = defineOp<TransposedConvInputs, StoreAttrs & { readonly stride: number }>({
  name: 'transposed_conv',
  infer({ x, weight, bias }, { out = 'f32', stride }) {
    const [H, W, C] = x.shape as [number, number, number];
    const N = bias.shape[0] as number;
    ensure(weight.shape[0] === C && weight.shape[1] === stride * stride * N && N % 4 === 0, () => `transposed_conv: x is ${show(x)}, weight is ${show(weight)}, expected [${C},${stride * stride * N}].`);
    return { y: { dtype: out, shape: [H * stride, W * stride, N] } };
  },
  kernels: {
    registers: (inputs, attrs, { y }) => gemmKernel(inputs.x, inputs.weight, shuffleKernel(attrs, y, inputs.x.shape[1] as number, attrs.stride), rowsLoader(inputs.x)),
  },
  cost: ({ x, weight }) => gemmCost(x, weight),
});

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
export const patchEmbed = defineOp<PatchEmbedInputs, { readonly patch: number }>({
  name: 'patch_embed',
  infer(inputs, { patch }) {
    const { x, weight, residual } = inputs;
    const [H, W, C] = x.shape as [number, number, number];
    ensure(C === 4 && H % patch === 0 && W % patch === 0, () => `patch_embed: picture is ${show(x)}, expected [H,W,4] with H and W multiples of ${patch}.`);
    ensure(weight.shape[0] === patch * patch * 4, () => `patch_embed: weight is ${show(weight)}, expected [${patch * patch * 4},·].`);
    const y: TensorType = { dtype: 'f32', shape: [1 + (H / patch) * (W / patch), weight.shape[1] as number] };
    ensureStore('patch_embed', { bias: inputs.bias, residual }, y, weight.shape[1] as number);
    return { y };
  },
  kernels: {
    registers(inputs, { patch }, { y }) {
      const W = inputs.x.shape[1] as number;
      const loader = { sources: [patchesSource], tunables: { PATCH: patch }, params: { W, GW: W / patch } };
      return gemmKernel(y, inputs.weight, storeKernel(inputs, {}, y), loader);
    },
  },
  cost: ({ x, weight }, { patch }) => ({ flops: (2 * (x.shape[0] as number) * (x.shape[1] as number) * (weight.shape[0] as number) * (weight.shape[1] as number)) / patch ** 2 }),
});

type Part = Omit<Kernel, 'workgroups'>;

/** Leading dimensions of x, one row shorter when the class token is left out. */
function rowsOf({ shape }: TensorType, skipClassToken: boolean): readonly number[] {
  return skipClassToken ? [(shape[0] as number) - 1] : shape.slice(0, -1);
}

function rowsLoader(x: TensorType, skipClassToken = false): Part {
  return { sources: [rowsSource], tunables: { xelem: x.dtype, SKIP: skipClassToken ? 1 : 0 }, params: {} };
}

/** The product of a matrix that has the rows of `like` with `weight`, loaded and stored as told. */
function gemmKernel(like: TensorType, weight: TensorType, store: Part, loader: Part): Kernel {
  const [K, N] = weight.shape as [number, number];
  const M = like.shape.slice(0, -1).reduce((n, d) => n * d, 1);
  const COLS = N % 8 === 0 ? 2 : 1;
  const tiles = Math.ceil(M / ROWS) * Math.ceil(N / (4 * COLS));
  return {
    sources: [gemmSource, ...loader.sources, ...store.sources],
    tunables: { welem: weight.dtype, ROWS, COLS, WORKGROUP, ...loader.tunables, ...store.tunables },
    params: { ...loader.params, ...store.params, M, N4: N / 4, K4: K / 4 },
    workgroups: Math.ceil(tiles / WORKGROUP),
  };
}

function gemmCost(like: TensorType, weight: TensorType): { flops: number } {
  const M = like.shape.slice(0, -1).reduce((n, d) => n * d, 1);
  return { flops: 2 * M * (weight.shape[0] as number) * (weight.shape[1] as number) };
}
