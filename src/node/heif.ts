import { ImageError } from '../errors.js';
import { checkPixels } from './decoder.js';
import type { Samples } from './samples.js';

type Libheif = typeof import('libheif-js/wasm-bundle.js').default;

/**
 * RGBA of the primary picture of a HEIC file, turned as the file says, in 8 bits of any depth. Colours are as stored:
 * the decoder knows no profiles.
 * @throws ImageError IMAGE_DECODER without `libheif-js`, IMAGE_SIZE, IMAGE_DECODE
 */
export async function decodeHeif(bytes: Uint8Array, path: string): Promise<Samples> {
  const heif = await loadLibheif(path);
  try {
    return primaryPicture(heif, bytes, path);
  } catch (cause) {
    // Damaged files have the decoder ask for impossible memory too.
    if (cause instanceof ImageError) throw cause;
    throw undecodable(path, (cause as Error).message, cause);
  }
}

function primaryPicture(heif: Libheif, bytes: Uint8Array, path: string): Samples {
  const context = heif.heif_context_alloc();
  try {
    const read = heif.heif_context_read_from_memory(context, bytes);
    if (read.code.value !== 0) throw undecodable(path, read.message);
    const handle = heif.heif_js_context_get_primary_image_handle(context);
    if (handle.code) throw undecodable(path, handle.message);
    try {
      return samplesOf(heif, handle, path);
    } finally {
      heif.heif_image_handle_release(handle);
    }
  } finally {
    heif.heif_context_free(context);
  }
}

function samplesOf(heif: Libheif, handle: object, path: string): Samples {
  const width = heif.heif_image_handle_get_width(handle);
  const height = heif.heif_image_handle_get_height(handle);
  checkPixels(path, width, height);
  const { heif_colorspace: colours, heif_chroma: layouts } = heif;
  const decoded = heif.heif_js_decode_image2(handle, colours.heif_colorspace_RGB, layouts.heif_chroma_interleaved_RGBA);
  if (decoded.code) throw undecodable(path, decoded.message);
  try {
    const { data: rows, stride } = decoded.channels[0]!;
    const data = new Uint8Array(4 * width * height);
    for (let y = 0; y < height; y++) data.set(rows.subarray(y * stride, y * stride + 4 * width), 4 * width * y);
    return { data, width, height, channels: 4 };
  } finally {
    heif.heif_image_release(decoded.image);
  }
}

function undecodable(path: string, why: string, cause?: unknown): ImageError {
  const reason = why.trim().replace(/\.$/, '');
  return new ImageError('IMAGE_DECODE', `${path}: cannot be decoded as HEIC (${reason}).`, { source: path, cause });
}

async function loadLibheif(path: string): Promise<Libheif> {
  try {
    return (await import('libheif-js/wasm-bundle.js')).default;
  } catch (cause) {
    throw new ImageError(
      'IMAGE_DECODER',
      `${path}: reading HEIC pictures needs the package "libheif-js", which cannot be loaded.`,
      { hint: 'Install it with `npm install libheif-js`, or convert the picture to JPEG.', source: path, cause },
    );
  }
}
