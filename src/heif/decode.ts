import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { ImageError } from '../errors.js';
import { exifFocalLength } from '../image/exif.js';
import { BRAND_BYTES, isHeic } from '../image/heif_brands.js';
import { heifNotes, type HeifNotes } from '../image/heif_items.js';
import { checkPixelCount } from '../image/most_pixels.js';
import type { Libheif } from './libheif.js';

/** The picture of a HEIC file, as `estimate` takes it: upright, top row first. */
export interface HeifPicture {
  /** RGBA of 8 bits, length 4 * width * height. Colours are as stored, in sRGB unless there is a profile. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** Focal length of the camera in pixels, where the EXIF data have it as on 35 mm film. */
  readonly focalLength?: number;
  /** The ICC profile of the colours, where the file has one. */
  readonly profile?: Uint8Array;
}

/** What `decodeHeif` takes. */
export interface HeifOptions {
  /**
   * The package `libheif-js` as one of its scripts exports it. Unless given it is imported, as the build that is
   * WebAssembly in one script; pages whose policy forbids that give `libheif-js/index.js`.
   */
  readonly libheif?: Libheif;
}

const HEIF_OPTIONS: OptionTable<HeifOptions> = { libheif: null };

/**
 * Whether a file begins as HEIC and HEIF pictures do.
 * @example
 * ```ts
 * import { isHeif } from 'depthwise/heif';
 *
 * if (await isHeif(file)) console.log('not every browser decodes it');
 * ```
 */
export async function isHeif(file: Blob): Promise<boolean> {
  return isHeic(new Uint8Array(await file.slice(0, BRAND_BYTES).arrayBuffer()));
}

/**
 * The primary picture of a HEIC file, turned as the file says, in 8 bits of any depth, by the package `libheif-js`.
 * For browsers that decode no HEIC, which are all but Safari. Decoding holds up the thread it runs on: seconds for the
 * picture of a phone.
 * @example
 * ```ts
 * import { decodeHeif, isHeif } from 'depthwise/heif';
 *
 * const depth = await model.estimate((await isHeif(file)) ? await decodeHeif(file) : file);
 * ```
 * @throws ImageError `IMAGE_DECODER` without `libheif-js`, `IMAGE_DECODE`, `IMAGE_SIZE`; UsageError `OPTION_*`
 */
export async function decodeHeif(file: Blob | Uint8Array, options: HeifOptions = {}): Promise<HeifPicture> {
  checkOptions(options, HEIF_OPTIONS, 'image');
  const { name = 'blob' } = file as Partial<File>;
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  const { exif, ...picture } = await heifPicture(bytes, name, options.libheif);
  const focalLength = exifFocalLength(exif, picture);
  return { ...picture, ...(focalLength !== undefined && { focalLength }) };
}

type Pixels = Pick<HeifPicture, 'data' | 'width' | 'height'>;

/** @internal The picture of a file in memory, with its EXIF data and its profile. @throws as `decodeHeif` */
export async function heifPicture(bytes: Uint8Array, name: string, library?: Libheif): Promise<Pixels & HeifNotes> {
  const heif = library ?? (await loadLibheif(name));
  try {
    return { ...primaryPicture(heif, bytes, name), ...heifNotes(bytes) };
  } catch (cause) {
    // Damaged files have the decoder ask for impossible memory too.
    if (cause instanceof ImageError) throw cause;
    throw undecodable(name, (cause as Error).message, cause);
  }
}

function primaryPicture(heif: Libheif, bytes: Uint8Array, name: string): Pixels {
  const context = heif.heif_context_alloc();
  try {
    const read = heif.heif_context_read_from_memory(context, bytes);
    if (read.code.value !== 0) throw undecodable(name, read.message);
    const handle = heif.heif_js_context_get_primary_image_handle(context);
    if (handle.code) throw undecodable(name, handle.message);
    try {
      return pixelsOf(heif, handle, name);
    } finally {
      heif.heif_image_handle_release(handle);
    }
  } finally {
    heif.heif_context_free(context);
  }
}

function pixelsOf(heif: Libheif, handle: object, name: string): Pixels {
  const width = heif.heif_image_handle_get_width(handle);
  const height = heif.heif_image_handle_get_height(handle);
  checkPixelCount(name, width, height);
  const { heif_colorspace: colours, heif_chroma: layouts } = heif;
  const decoded = heif.heif_js_decode_image2(handle, colours.heif_colorspace_RGB, layouts.heif_chroma_interleaved_RGBA);
  if (decoded.code) throw undecodable(name, decoded.message);
  try {
    const { data: rows, stride } = decoded.channels[0]!;
    const data = new Uint8Array(4 * width * height);
    for (let y = 0; y < height; y++) data.set(rows.subarray(y * stride, y * stride + 4 * width), 4 * width * y);
    return { data, width, height };
  } finally {
    heif.heif_image_release(decoded.image);
  }
}

function undecodable(name: string, why: string, cause?: unknown): ImageError {
  const reason = why.trim().replace(/\.$/, '');
  return new ImageError('IMAGE_DECODE', `${name}: cannot be decoded as HEIC (${reason}).`, { source: name, cause });
}

async function loadLibheif(name: string): Promise<Libheif> {
  try {
    return (await import('libheif-js/wasm-bundle.js')).default as Libheif;
  } catch (cause) {
    throw new ImageError(
      'IMAGE_DECODER',
      `${name}: reading HEIC pictures needs the package "libheif-js", which cannot be loaded.`,
      { hint: 'Install it with `npm install libheif-js`, or convert the picture to JPEG.', source: name, cause },
    );
  }
}
