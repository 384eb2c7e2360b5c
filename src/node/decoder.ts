import type { Metadata, Sharp } from 'sharp';
import { ImageError } from '../errors.js';
import { checkPixelCount } from '../image/most_pixels.js';

/** A JPEG file up to its tables: a JFIF header, which the decoder's own files lack, and a comment of ours. */
const JPEG_START = [
  ...[0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xfe, 0, 11],
  ...new TextEncoder().encode('depthwise'),
];

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
  checkPixelCount(path, metadata.width, metadata.height);
  return { image, metadata };
}

/** RGBA of a picture resized by the antialiasing Lanczos filter of three lobes. @throws ImageError IMAGE_DECODER */
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

/**
 * RGBA pixels as a JPEG file of their colours, at quality 95 and with all of their colour. A comment right behind its
 * header says that it is ours.
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
  const file = new Uint8Array(JPEG_START.length + bytes.length - 2);
  file.set(JPEG_START);
  file.set(bytes.subarray(2), JPEG_START.length);
  return file;
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
