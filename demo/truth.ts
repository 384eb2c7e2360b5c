import type { Layer } from './agreement.js';
import type { GalleryPicture } from './gallery_pictures.js';

/** The code of the nearest pixel: 12 bits, in the upper ones of red and green. */
const NEAREST = 4095 * 16;

/** True depth of a rendered picture, in metres; infinite where it is sky. */
export async function trueDepth({ truth, nearest }: GalleryPicture): Promise<Layer> {
  const response = await fetch(truth);
  if (!response.ok) throw new Error(`The true depth could not be fetched: the server answered ${response.status}.`);
  const bitmap = await createImageBitmap(await response.blob(), { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser gives no canvas to read the true depth on.');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = (nearest * NEAREST) / (256 * data[4 * i]! + data[4 * i + 1]!);
  return { title: 'True depth', values, width, height, kind: 'metric' };
}
