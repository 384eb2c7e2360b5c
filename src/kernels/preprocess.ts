import antialiasSource from '../../shaders/antialias.wgsl?raw';
import antialiasColumnsSource from '../../shaders/antialias_columns.wgsl?raw';
import antialiasRowsSource from '../../shaders/antialias_rows.wgsl?raw';
import preprocessSource from '../../shaders/preprocess.wgsl?raw';
import resampleSource from '../../shaders/resample.wgsl?raw';
import { ensure, show, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';

const WORKGROUP = 64;
/** Kernels multiply an input side by twice an output side in i32, and antialiasing adds four times the larger. */
const MAX_SIDES_PRODUCT = 2 ** 29;

/** Per-channel mean and standard deviation of the training pictures, RGB in 0…1. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

export interface PreprocessAttrs extends Normalization {
  /** Output [H,W]. */
  readonly size: readonly [number, number];
}

export interface PictureInput {
  readonly [name: string]: TensorType | undefined;
  /** Texture [PH,PW] of encoded sRGB values in 0…1. */
  readonly picture: TensorType;
}

/** y[H,W,4] = (bicubic resize of the picture - mean) / std, as cv2's INTER_CUBIC on float pixels; fourth channel 0. */
export const preprocess = defineOp<PictureInput, PreprocessAttrs>({
  name: 'preprocess',
  infer({ picture }, { size }) {
    ensurePicture('preprocess', picture);
    ensureSides('preprocess', picture.shape, size);
    return { y: { dtype: 'f32', shape: [...size, 4] } };
  },
  kernels: {
    registers({ picture }, { size: [H, W], mean, std }) {
      const [PH, PW] = picture.shape as [number, number];
      return {
        sources: [preprocessSource, resampleSource],
        tunables: { WORKGROUP },
        params: { PH, PW, H, W, ...normalization({ mean, std }) },
        workgroups: Math.ceil((H * W) / WORKGROUP),
      };
    },
  },
  cost: (_inputs, { size: [H, W] }) => ({ flops: 2 * 3 * 20 * H * W }),
});

/** y[PH,W]: the picture resized to `width` columns as Pillow's antialiased bicubic does, RGBA bytes in a u32. */
export const antialiasRows = defineOp<PictureInput, { readonly width: number }>({
  name: 'antialias_rows',
  infer({ picture }, { width }) {
    ensurePicture('antialias_rows', picture);
    const [PH, PW] = picture.shape as [number, number];
    ensureSides('antialias_rows', [PW], [width]);
    return { y: { dtype: 'u32', shape: [PH, width] } };
  },
  kernels: {
    registers({ picture }, { width: W }) {
      const [PH, PW] = picture.shape as [number, number];
      return { sources: [antialiasRowsSource, antialiasSource], tunables: { WORKGROUP }, params: { PH, PW, W }, workgroups: Math.ceil((PH * W) / WORKGROUP) };
    },
  },
  cost: ({ picture }, { width }) => ({ flops: antialiasFlops(picture.shape[1] as number, width, picture.shape[0] as number) }),
});

export interface AntialiasColumnsInputs {
  readonly [name: string]: TensorType | undefined;
  /** RGBA bytes u32[PH,W]. */
  readonly x: TensorType;
}

/** y[H,W,4] = (x resized to H rows as Pillow does / 255 - mean) / std; fourth channel 0. */
export const antialiasColumns = defineOp<AntialiasColumnsInputs, PreprocessAttrs>({
  name: 'antialias_columns',
  infer({ x }, { size }) {
    ensure(x.dtype === 'u32' && x.shape.length === 2 && x.shape[1] === size[1], () => `antialias_columns: x is ${show(x)}, expected u32[PH,${size[1]}].`);
    ensureSides('antialias_columns', [x.shape[0] as number], [size[0]]);
    return { y: { dtype: 'f32', shape: [...size, 4] } };
  },
  kernels: {
    registers({ x }, { size: [H, W], mean, std }) {
      const params = { PH: x.shape[0] as number, H, W, ...normalization({ mean, std }) };
      return { sources: [antialiasColumnsSource, antialiasSource], tunables: { WORKGROUP }, params, workgroups: Math.ceil((H * W) / WORKGROUP) };
    },
  },
  cost: ({ x }, { size: [H, W] }) => ({ flops: antialiasFlops(x.shape[0] as number, H, W) }),
});

function ensurePicture(op: string, picture: TensorType): void {
  ensure(picture.dtype === 'texture' && picture.shape.length === 2, () => `${op}: picture is ${show(picture)}, expected texture[PH,PW].`);
}

/** Holds each input side and output side to what the position arithmetic of the kernels can take. */
export function ensureSides(op: string, from: readonly number[], to: readonly number[]): void {
  const fits = to.every((side, i) => Number.isSafeInteger(side) && side > 0 && side * (from[i] as number) <= MAX_SIDES_PRODUCT);
  ensure(fits, () => `${op}: cannot resize [${from}] to [${to}]; sides are positive whole numbers whose products stay within ${MAX_SIDES_PRODUCT}.`);
}

function normalization({ mean, std }: Normalization): Record<string, number> {
  return { MEAN_R: mean[0], MEAN_G: mean[1], MEAN_B: mean[2], STD_R: std[0], STD_G: std[1], STD_B: std[2] };
}

/** 2 × multiply-adds on three channels, over `lines` rows or columns. */
function antialiasFlops(from: number, to: number, lines: number): number {
  return 2 * 3 * Math.ceil(4 * Math.max(1, from / to)) * to * lines;
}
