import borderedWgsl from '../../shaders/bordered_picture.wgsl?raw';
import resampleWgsl from '../../shaders/resample.wgsl?raw';
import { ensure } from '../tensor.js';
import { defineOp } from './op.js';
import { ensurePicture, ensureSides, normalization, type PictureInput, type PreprocessAttrs } from './preprocess.js';

const WORKGROUP = 64;

/**
 * y[H,W,4] = (bilinear resize of the picture and its border - mean) / std, with align_corners: what ZoeDepth reads, as
 * its depth_model.py and midas.py make it. Fourth channel 0.
 */
export const borderedPicture = defineOp<PictureInput, PreprocessAttrs>({
  name: 'bordered_picture',
  infer({ picture }, { size, border = [0, 0] }) {
    ensurePicture('bordered_picture', picture);
    const sides = picture.shape.map((side, i) => side + 2 * (border[i] as number));
    const narrow = picture.shape.every((side, i) => (border[i] as number) < side);
    ensure(
      narrow,
      () => `bordered_picture: a border of [${border}] is not narrower than the picture [${picture.shape}].`,
    );
    ensureSides('bordered_picture', sides, size);
    return { y: { dtype: 'f32', shape: [...size, 4] } };
  },
  kernels: [
    {
      name: 'registers',
      on: 'any',
      make({ picture }, { size: [H, W], border: [TOP, LEFT] = [0, 0], mean, std }) {
        const [PH, PW] = picture.shape as [number, number];
        return {
          files: [borderedWgsl, resampleWgsl],
          tunables: { WORKGROUP },
          params: { PH, PW, TOP, LEFT, H, W, ...normalization({ mean, std }) },
          workgroups: Math.ceil((H * W) / WORKGROUP),
        };
      },
    },
  ],
  cost: (_inputs, { size: [H, W] }) => ({ flops: 2 * 3 * 6 * H * W }),
});
