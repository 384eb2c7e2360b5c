import preprocessWgsl from '../../shaders/preprocess.wgsl?raw';
import resampleWgsl from '../../shaders/resample.wgsl?raw';
import { ensure, ensureTypes, type TensorType } from '../tensor.js';
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
  /** Rows above and below the picture and columns on both sides that `bordered_picture` mirrors; others read none. */
  readonly border?: readonly [rows: number, columns: number] | undefined;
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
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ picture }, { size: [H, W], mean, std }) {
        const [PH, PW] = picture.shape as [number, number];
        return {
          files: [preprocessWgsl, resampleWgsl],
          tunables: { WORKGROUP },
          params: { PH, PW, H, W, ...normalization({ mean, std }) },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, { size: [H, W] }) => ({ flops: 2 * 3 * 20 * H * W }),
});

/** Throws unless the tensor is a picture. */
export function ensurePicture(op: string, picture: TensorType): void {
  ensureTypes(op, { picture }, picture.dtype === 'texture' && picture.shape.length === 2, 'texture[PH,PW]');
}

/** Holds each input side and output side to what the position arithmetic of the kernels can take. */
export function ensureSides(op: string, from: readonly number[], to: readonly number[]): void {
  const fits = to.every(
    (side, i) => Number.isSafeInteger(side) && side > 0 && side * (from[i] as number) <= MAX_SIDES_PRODUCT,
  );
  ensure(
    fits,
    () =>
      `${op}: cannot resize [${from}] to [${to}]; sides are positive whole numbers whose products ` +
      `stay within ${MAX_SIDES_PRODUCT}.`,
  );
}

/** The uniform fields of a normalisation. */
export function normalization({ mean, std }: Normalization): Record<string, number> {
  return { MEAN_R: mean[0], MEAN_G: mean[1], MEAN_B: mean[2], STD_R: std[0], STD_G: std[1], STD_B: std[2] };
}
