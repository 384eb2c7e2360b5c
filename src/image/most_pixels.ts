import { ImageError } from '../errors.js';

/** 16,384 x 16,384: a gigabyte of RGBA. */
export const MAX_PIXELS = 2 ** 28;

/** @throws ImageError IMAGE_SIZE with both numbers, for more pixels than are read */
export function checkPixelCount(path: string, width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new ImageError(
    'IMAGE_SIZE',
    `${path}: ${width}x${height} is ${width * height} pixels, and at most ${MAX_PIXELS} are read.`,
    { source: path, limit: 'pixels', expected: MAX_PIXELS, actual: width * height },
  );
}
