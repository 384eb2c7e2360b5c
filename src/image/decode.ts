import { parts } from '../parts.js';
import { noDecoder } from './picture.js';

const AS_STORED: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  colorSpaceConversion: 'none',
  premultiplyAlpha: 'none',
};

/**
 * Decodes an encoded picture with the browser's decoders: EXIF orientation applied once, colour profiles ignored as
 * cv2 ignores them, colours not multiplied by alpha. Bitmaps have 8 bits: Chromium keeps the upper byte of 16-bit PNG
 * samples. It makes sRGB of CMYK without the profile, and Node with it: an orange measured differs by 17 levels of 255.
 * What browsers do not decode is refused; in Chromium that is TIFF, and so floats. Close the bitmap after use.
 * @throws ImageError `IMAGE_DECODE`, or `IMAGE_DECODER` where the runtime has no decoder; NetworkError `NET_*`.
 */
export async function decodePicture(source: string | URL | Blob, signal?: AbortSignal): Promise<ImageBitmap> {
  signal?.throwIfAborted();
  if (typeof globalThis.createImageBitmap !== 'function') throw noDecoder('createImageBitmap');
  const blob = source instanceof Blob ? source : await (await parts.rare()).fetchPicture(source, signal);
  const bitmap = await createImageBitmap(blob, AS_STORED).catch((cause: unknown) =>
    parts.rare().then((rare) => rare.decodeRefused(blob, AS_STORED, cause)),
  );
  if (!signal?.aborted) return bitmap;
  bitmap.close();
  throw signal.reason;
}
