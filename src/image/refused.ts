import { ImageError } from '../errors.js';
import { BRAND_BYTES, isHeic } from './heif_brands.js';
import { withJfif } from './jfif.js';

const HEIC_HINT = 'Few browsers decode HEIC: pass it through decodeHeif of depthwise/heif, or convert it to JPEG.';

/**
 * A picture that the browser has refused, where it takes it in another form: Firefox 153 decodes no JPEG without a JFIF
 * header, which those of cameras lack.
 * @throws ImageError `IMAGE_DECODE`
 */
export async function decodeRefused(blob: Blob, options: ImageBitmapOptions, cause: unknown): Promise<ImageBitmap> {
  try {
    const headed = await withJfif(blob);
    if (headed) return await createImageBitmap(headed, options);
  } catch (later) {
    cause = later;
  }
  const { name = 'blob' } = blob as Partial<File>;
  // What cannot be read any more, as a file that is gone, has no first bytes either.
  const head = await blob
    .slice(0, BRAND_BYTES)
    .arrayBuffer()
    .catch(() => new ArrayBuffer());
  throw new ImageError(
    'IMAGE_DECODE',
    `${name}: ${blob.size} bytes${blob.type ? ` of ${blob.type}` : ''} cannot be decoded as a picture.`,
    { source: name, cause, ...(isHeic(new Uint8Array(head)) && { hint: HEIC_HINT }) },
  );
}
