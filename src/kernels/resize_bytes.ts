import normalizedBytesWgsl from '../../shaders/normalized_bytes.wgsl?raw';
import pictureBytesWgsl from '../../shaders/picture_bytes.wgsl?raw';
import resampleWgsl from '../../shaders/resample.wgsl?raw';
import resampleBytesWgsl from '../../shaders/resample_bytes.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { ensurePicture, ensureSides, normalization, type PictureInput, type PreprocessAttrs } from './preprocess.js';

const WORKGROUP = 64;

type Sides = readonly [height: number, width: number];

/** y[H,W]: a picture resized as cv2 does on bytes, RGBA bytes in a u32. Area where no side grows, else bicubic. */
export const pictureBytes = defineOp<PictureInput, { readonly size: Sides }>({
  name: 'picture_bytes',
  infer({ picture }, { size }) {
    ensurePicture('picture_bytes', picture);
    ensureSides('picture_bytes', picture.shape, size);
    return { y: { dtype: 'u32', shape: [...size] } };
  },
  kernels: [
    { name: 'registers', on: 'any', make: ({ picture }, { size }) => kernel(pictureBytesWgsl, picture, size, {}) },
  ],
  cost: ({ picture }, { size }) => ({ flops: resizeFlops(picture, size) }),
});

export interface NormalizedBytesInputs {
  readonly [name: string]: TensorType | undefined;
  /** RGBA bytes u32[PH,PW]. */
  readonly x: TensorType;
}

/** y[H,W,4] = (x resized as cv2 does on bytes / 255 - mean) / std; fourth channel 0. */
export const normalizedBytes = defineOp<NormalizedBytesInputs, PreprocessAttrs>({
  name: 'normalized_bytes',
  infer({ x }, { size }) {
    ensureTypes('normalized_bytes', { x }, x.dtype === 'u32' && x.shape.length === 2, 'u32[PH,PW]');
    ensureSides('normalized_bytes', x.shape, size);
    return { y: { dtype: 'f32', shape: [...size, 4] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make: ({ x }, { size, mean, std }) => kernel(normalizedBytesWgsl, x, size, normalization({ mean, std })),
    },
  ],
  cost: ({ x }, { size }) => ({ flops: resizeFlops(x, size) }),
});

function kernel(file: string, { shape }: TensorType, [H, W]: Sides, params: Record<string, number>) {
  const [PH, PW] = shape as Sides;
  return {
    files: [file, resampleBytesWgsl, resampleWgsl],
    tunables: { AREA: shrinks([PH, PW], [H, W]), WORKGROUP },
    params: { PH, PW, H, W, ...params },
    workgroups: Math.ceil((H * W) / WORKGROUP),
  };
}

function shrinks([PH, PW]: Sides, [H, W]: Sides): boolean {
  return H <= PH && W <= PW;
}

/** 2 × multiply-adds on three channels: every input pixel once, or 16 for each output pixel. */
function resizeFlops({ shape }: TensorType, [H, W]: Sides): number {
  const [PH, PW] = shape as Sides;
  return 2 * 3 * (shrinks([PH, PW], [H, W]) ? PH * PW : 20 * H * W);
}
