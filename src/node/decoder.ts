import type { Metadata, Sharp } from 'sharp';
import { ImageError } from '../errors.js';

/** 16,384 x 16,384: a gigabyte of RGBA. */
export const MAX_PIXELS = 2 ** 28;

/**
 * The one way to the `sharp` package. What a file says of its size is checked before anything of that size is made.
 * @param strict also refuses what the decoder only warns of
 * @throws ImageError IMAGE_DECODER without `sharp`, IMAGE_SIZE over `MAX_PIXELS`; the decoder's own error for a header
 *   that cannot be read
 */
export async function openImage(
  bytes: Uint8Array,
  path: string,
  strict = false,
): Promise<{ image: Sharp; metadata: Metadata }> {
  const sharp = await loadSharp(path);
  const image = sharp(bytes, { failOn: strict ? 'warning' : 'error', limitInputPixels: false });
  const metadata = await image.metadata();
  checkPixels(path, metadata.width, metadata.height);
  return { image, metadata };
}

/** RGBA of a picture resized with antialiasing, by the Lanczos filter of three lobes. @throws ImageError IMAGE_DECODER */
export async function resizePicture(
  { data, width, height }: { readonly data: Uint8Array; readonly width: number; readonly height: number },
  size: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  if (size.width === width && size.height === height) return data;
  const sharp = await loadSharp('a picture');
  return sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false })
    .resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
}

/** @throws ImageError IMAGE_SIZE with both numbers, for more pixels than are read */
export function checkPixels(path: string, width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new ImageError(
    'IMAGE_SIZE',
    `${path}: ${width}x${height} is ${width * height} pixels, and at most ${MAX_PIXELS} are read.`,
    { source: path, limit: 'pixels', expected: MAX_PIXELS, actual: width * height },
  );
}

/**
 * RGBA pixels as a JPEG file of their colours, at quality 95 and with all of their colour.
 * @throws ImageError IMAGE_DECODER without `sharp`
 */
export async function encodeJpeg(picture: {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}): Promise<Uint8Array<ArrayBuffer>> {
  const { data, width, height } = picture;
  const sharp = await loadSharp('JPEG');
  const bytes = await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return new Uint8Array(bytes);
}

async function loadSharp(path: string): Promise<typeof import('sharp').default> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new ImageError(
      'IMAGE_DECODER',
      `${path}: reading pictures needs the package "sharp", which cannot be loaded.`,
      {
        hint: 'Install it with `npm install sharp`, or give a PPM file.',
        source: path,
        cause,
      },
    );
  }
}
