import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeNpy } from '../../src/depth/formats/npy.js';
import type { RawPicture } from '../../src/image/pixels.js';

/** Rendered scenes, and what the PyTorch model of nano says of them. */
export const NANO_FOLDER = join(import.meta.dirname, '../fixtures/nano');
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

/** An input of the network, f32 [1,3,H,W], and the output of the PyTorch model. */
export interface NanoReference {
  readonly tensor: Float32Array<ArrayBuffer>;
  readonly H: number;
  readonly W: number;
  readonly output: Float32Array | Float64Array;
}

/** What was recorded of the PyTorch model on every second pixel of a scene, given as RGBA. */
export function nanoReference(name: 'room' | 'corridor', { width, height, data: rgba }: RawPicture): NanoReference {
  const { shape, data } = decodeNpy(readFileSync(join(NANO_FOLDER, `${name}_output.npy`)));
  const [W, H] = [width / 2, height / 2];
  if (shape.join() !== [1, 1, H, W].join()) throw new Error(`${name} was recorded as [${shape.join()}]`);
  const tensor = new Float32Array(3 * H * W);
  for (let i = 0; i < tensor.length; i++) {
    const [c, y, x] = [Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W];
    tensor[i] = ((rgba[4 * (2 * y * width + 2 * x) + c] as number) / 255 - MEAN[c]!) / STD[c]!;
  }
  return { tensor, H, W, output: data };
}
