import type { ErrorCode } from '../error_codes.js';
import { open } from 'node:fs/promises';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { ImageError } from '../errors.js';
import { decodePnm } from '../depth/formats/pnm.js';
import { heifPicture } from '../heif/decode.js';
import { exifFocalLength } from '../image/exif.js';
import { checkPixelCount } from '../image/most_pixels.js';
import type { Warning } from '../warnings.js';
import { openImage } from './decoder.js';
import { onDisk } from './disk_names.js';
import { withEndMarker } from './jpeg_end.js';
import { HEAD_BYTES, isReadable, sniffPicture, type PictureFormat, type ReadableFormat } from './picture_format.js';
import { samplesOfProfile } from './profiled.js';
import { srgbSamples, type Samples } from './samples.js';
import { readWhole } from './streams.js';

/** Most bytes of a Blob: as many as Node reads of a file. */
const MAX_BLOB_BYTES = 2 ** 31;

/** Upright 8-bit sRGB pixels, top row first, alpha always 255. */
export interface Picture {
  /** RGBA, length 4 * width * height. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** Focal length of the camera in pixels, where the EXIF data have it as on 35 mm film. */
  readonly focalLength?: number;
}

/** What `readPicture` takes. */
export interface ReadPictureOptions {
  /**
   * Told of a JPEG that lacks its end marker, and is whole but for that; and of a HEIC whose profile is left aside.
   */
  readonly onWarning?: (warning: Warning) => void;
}

const READ_PICTURE_OPTIONS: OptionTable<ReadPictureOptions> = { onWarning: null };

/**
 * Reads a JPEG, PNG, WebP, TIFF, GIF (first frame), AVIF, HEIC (the primary picture), PGM or PPM file, told apart by
 * content and not by name. The EXIF orientation is applied; alpha is dropped without darkening the colours under it;
 * grey, 16-bit, CMYK and pictures with a colour profile are converted to 8-bit sRGB, and floats are linear light of
 * 0..1. Colours that a TIFF stores multiplied by its alpha stay so. A JPEG may lack its end marker, no more. All but
 * PGM and PPM need the `sharp` package, and HEIC needs `libheif-js` in its place; where it has a profile and `sharp` is
 * missing, its colours are taken as they are stored, with a warning.
 * @example
 * ```ts
 * import { readPicture } from 'depthwise/node';
 *
 * const { width, height } = await readPicture('photo.jpg');
 * ```
 * @throws ImageError IMAGE_READ, IMAGE_FORMAT (other samples included), IMAGE_RANGE, IMAGE_SIZE, IMAGE_DECODE (cut
 *   short included) or IMAGE_DECODER (no
 *   `sharp` or `libheif-js`).
 */
export async function readPicture(path: string, options: ReadPictureOptions = {}): Promise<Picture> {
  checkOptions(options, READ_PICTURE_OPTIONS, 'image');
  return readPictureFile(path, options);
}

/** @internal As `readPicture`, until a signal ends it. */
export async function readPictureFile(
  path: string,
  options: ReadPictureOptions,
  signal?: AbortSignal,
): Promise<Picture> {
  const checkHead = (head: Uint8Array) => void formatOf(head, path);
  const bytes = await readWhole(path, { signal, checkHead }).catch((cause: unknown) => {
    throw cause instanceof ImageError ? cause : unreadable(path, cause);
  });
  return pictureOf(bytes, path, options);
}

/** @internal As `readPicture`, of bytes in memory or on disk. */
export async function readPictureBlob(blob: Blob, options: ReadPictureOptions): Promise<Picture> {
  const { name = 'blob' } = blob as Partial<File>;
  const read = (part: Blob) =>
    part.arrayBuffer().catch((cause: unknown) => {
      throw unreadable(name, cause);
    });
  if (blob.size > MAX_BLOB_BYTES) throw fault('IMAGE_READ', name, `has ${blob.size} bytes, and may have 2 GiB`);
  formatOf(new Uint8Array(await read(blob.slice(0, HEAD_BYTES))), name);
  return pictureOf(new Uint8Array(await read(blob)), name, options);
}

/** @internal The picture in the bytes of a file. @throws as `readPicture` */
export async function pictureOf(bytes: Uint8Array, path: string, options: ReadPictureOptions = {}): Promise<Picture> {
  const format = formatOf(bytes, path);
  const { samples, exif } =
    format === 'PNM' ? { samples: decodePnm(bytes, path) } : await decode(bytes, path, format, options);
  const { data, width, height, channels } = samples;
  checkPixelCount(path, width, height);
  const focalLength = exifFocalLength(exif, { width, height });
  const picture = { data: toRgba(data, width * height, channels), width, height };
  return focalLength === undefined ? picture : { ...picture, focalLength };
}

/** First bytes of a file, as many as telling its format takes, a video's included. @throws ImageError IMAGE_READ. */
export async function readHead(path: string): Promise<Uint8Array> {
  try {
    const file = await open(onDisk(path));
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** Format of a file by its content; undefined when it is not a picture. @throws ImageError IMAGE_READ. */
export async function pictureFormat(path: string): Promise<PictureFormat | undefined> {
  return sniffPicture(await readHead(path));
}

/**
 * Whether `readPicture` knows the format of the file.
 * @example
 * ```ts
 * import { isPicture } from 'depthwise/node';
 *
 * if (await isPicture('photo.jpg')) console.log('can be read');
 * ```
 * @throws ImageError IMAGE_READ.
 */
export async function isPicture(path: string): Promise<boolean> {
  const format = await pictureFormat(path);
  return format !== undefined && isReadable(format);
}

/** Why a picture of `format` is not read, and what to do. */
export function unsupportedFormat(format: PictureFormat): string {
  return `is a ${format} picture, which is not read: convert it to JPEG or PNG`;
}

/** The format of a file by its first bytes. @throws ImageError IMAGE_DECODE for no picture, IMAGE_FORMAT */
function formatOf(head: Uint8Array, path: string): ReadableFormat {
  const format = sniffPicture(head);
  if (!format) throw fault('IMAGE_DECODE', path, head.length ? 'is not a picture' : 'is empty');
  if (!isReadable(format)) throw fault('IMAGE_FORMAT', path, unsupportedFormat(format));
  return format;
}

async function decode(
  bytes: Uint8Array,
  path: string,
  format: PictureFormat,
  { onWarning }: ReadPictureOptions,
): Promise<{ readonly samples: Samples; readonly exif?: Uint8Array | undefined }> {
  if (format === 'HEIC') {
    const { exif, profile, ...pixels } = await heifPicture(bytes, path);
    const stored = { ...pixels, channels: 4 };
    const samples = profile && (await samplesOfProfile(pixels, profile, path).catch(asStored));
    return { samples: samples ?? stored, exif };
  }
  /** What the colours are by a profile is no reason not to read a picture. */
  function asStored(error: unknown): undefined {
    const message = `${path}: its colours are taken as stored, as what converts them failed (${reasonOf(error)}).`;
    onWarning?.({ code: error instanceof ImageError ? error.code : 'IMAGE_DECODE', message });
  }
  const ended = format === 'JPEG' ? withEndMarker(bytes) : undefined;
  try {
    const { image, metadata } = await openImage(ended ?? bytes, path, ended !== undefined);
    const samples = await srgbSamples(image, metadata, path);
    if (ended) onWarning?.({ code: 'IMAGE_DECODE', message: `${path}: lacks its end marker, and is whole otherwise.` });
    return { samples, exif: metadata.exif };
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw fault('IMAGE_DECODE', path, `cannot be decoded as ${format} (${reasonOf(cause)})`, cause);
  }
}

function toRgba(samples: Uint8Array, pixels: number, channels: number): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array(pixels * 4).fill(255);
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let i = 0, from = 0; i < rgba.length; i += 4, from += channels) {
    rgba[i] = samples[from]!;
    rgba[i + 1] = samples[from + green]!;
    rgba[i + 2] = samples[from + blue]!;
  }
  return rgba;
}

function unreadable(path: string, cause: unknown): ImageError {
  return fault('IMAGE_READ', path, `cannot be read (${reasonOf(cause)})`, cause);
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim().replace(/\s*\n\s*/g, '; ');
}

function fault(code: ErrorCode, path: string, what: string, cause?: unknown): ImageError {
  return new ImageError(code, `${path}: ${what}.`, { source: path, ...(cause === undefined ? {} : { cause }) });
}
