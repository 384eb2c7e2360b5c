import antialiasWgsl from '../../shaders/antialias.wgsl?raw';
import antialiasColumnsWgsl from '../../shaders/antialias_columns.wgsl?raw';
import antialiasRowsWgsl from '../../shaders/antialias_rows.wgsl?raw';
import { ensureTypes, type TensorType } from '../tensor.js';
import { defineOp } from './op.js';
import { ensurePicture, ensureSides, normalization, type PictureInput, type PreprocessAttrs } from './preprocess.js';

const WORKGROUP = 64;

/** y[PH,W]: the picture resized to `width` columns as Pillow's antialiased bicubic does, RGBA bytes in a u32. */
export const antialiasRows = defineOp<PictureInput, { readonly width: number }>({
  name: 'antialias_rows',
  infer({ picture }, { width }) {
    ensurePicture('antialias_rows', picture);
    const [PH, PW] = picture.shape as [number, number];
    ensureSides('antialias_rows', [PW], [width]);
    return { y: { dtype: 'u32', shape: [PH, width] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ picture }, { width: W }) {
        const [PH, PW] = picture.shape as [number, number];
        return {
          files: [antialiasRowsWgsl, antialiasWgsl],
          tunables: { WORKGROUP },
          params: { PH, PW, W },
          workgroups: Math.ceil((PH * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ picture }, { width }) => ({
    flops: antialiasFlops(picture.shape[1] as number, width, picture.shape[0] as number),
  }),
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
    ensureTypes(
      'antialias_columns',
      { x },
      x.dtype === 'u32' && x.shape.length === 2 && x.shape[1] === size[1],
      `u32[PH,${size[1]}]`,
    );
    ensureSides('antialias_columns', [x.shape[0] as number], [size[0]]);
    return { y: { dtype: 'f32', shape: [...size, 4] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ x }, { size: [H, W], mean, std }) {
        const params = { PH: x.shape[0] as number, H, W, ...normalization({ mean, std }) };
        return {
          files: [antialiasColumnsWgsl, antialiasWgsl],
          tunables: { WORKGROUP },
          params,
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: ({ x }, { size: [H, W] }) => ({ flops: antialiasFlops(x.shape[0] as number, H, W) }),
});

/** 2 × multiply-adds on three channels, over `lines` rows or columns. */
function antialiasFlops(from: number, to: number, lines: number): number {
  return 2 * 3 * Math.ceil(4 * Math.max(1, from / to)) * to * lines;
}
