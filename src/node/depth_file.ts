import type { ErrorCode } from '../error_codes.js';
import { DepthFileError, ImageError } from '../errors.js';
import type { DepthSemantics } from '../depth/formats/depth_semantics.js';
import { decodeNpy } from '../depth/formats/npy.js';
import { decodePfm } from '../depth/formats/pfm.js';
import type { Size } from '../image/size.js';
import { openImage } from './decoder.js';
import { readWhole } from './streams.js';

/** First bytes of the kinds of files: NPY, PFM, PNG. */
const BEGINNINGS = new Set<number | undefined>([0x93, 0x50, 0x89]);

/** A depth map as read from a file, [height,width], top row first. */
export interface DepthFile {
  readonly width: number;
  readonly height: number;
  /** Values; for 16-bit PNG `offset + scale * code` where the file says so, else the codes themselves. */
  readonly data: Float32Array<ArrayBuffer>;
  /** What a PNG of ours says about its values; PFM and NPY carry nothing of the kind. */
  readonly semantics?: DepthSemantics;
}

/**
 * Reads a depth map from a grey PFM, an NPY of shape [H,W] or [1,H,W], or an 8- or 16-bit grey PNG, told apart by
 * content.
 * @example
 * ```ts
 * import { readDepthFile } from 'depthwise/node';
 *
 * const { data, semantics } = await readDepthFile('photo_depth.png');
 * ```
 * @throws DepthFileError DEPTH_READ, DEPTH_FORMAT, NPY_*, PFM_* or PNG_*; ImageError for PNG: IMAGE_DECODER
 *   without `sharp`, IMAGE_SIZE.
 */
export async function readDepthFile(path: string): Promise<DepthFile> {
  const checkHead = ([first]: Uint8Array) => {
    if (!BEGINNINGS.has(first)) throw fault('DEPTH_FORMAT', path, 'is not a PFM, NPY or PNG file');
  };
  const bytes = await readWhole(path, { checkHead }).catch((cause: unknown) => {
    if (cause instanceof DepthFileError) throw cause;
    throw fault('DEPTH_READ', path, `cannot be read (${(cause as Error).message})`, cause);
  });
  switch (bytes[0]) {
    case 0x93:
      return fromNpy(bytes, path);
    case 0x50:
      return decodePfm(bytes, path);
    default:
      return fromPng(bytes, path);
  }
}

function fromNpy(bytes: Uint8Array, path: string): DepthFile {
  const { shape, data } = decodeNpy(bytes, path);
  const [height, width] = shape.slice(-2);
  if (!height || !width || data.length !== width * height) {
    throw fault('NPY_SHAPE', path, `shape [${shape.join(',')}] is not one map [H,W]`);
  }
  return { width, height, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

async function fromPng(bytes: Uint8Array, path: string): Promise<DepthFile> {
  const { codes, texts, width, height } = await greyCodes(bytes, path);
  const text = texts['depthwise'];
  if (text === undefined) return { width, height, data: Float32Array.from(codes) };
  const semantics = parseSemantics(text, path);
  return {
    width,
    height,
    data: Float32Array.from(codes, (code) => semantics.offset + semantics.scale * code),
    semantics,
  };
}

/** @internal Codes of a grey PNG of 8 or 16 bits, and its text chunks. */
export interface GreyCodes extends Size {
  readonly codes: Uint16Array;
  /** 8 or 16. */
  readonly bits: number;
  readonly texts: Readonly<Record<string, string>>;
}

/** @internal @throws DepthFileError PNG_COLOR, PNG_DECODE; ImageError IMAGE_DECODER, IMAGE_SIZE */
export async function greyCodes(bytes: Uint8Array, path: string): Promise<GreyCodes> {
  try {
    const { image, metadata } = await openImage(bytes, path);
    const { space, comments } = metadata;
    if (space !== 'grey16' && space !== 'b-w') throw fault('PNG_COLOR', path, `holds ${space} pixels, not grey ones`);
    const { data, info } = await image
      .toColourspace(space)
      .removeAlpha()
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const codes = new Uint16Array(new Uint8Array(data).buffer);
    const texts = Object.fromEntries((comments ?? []).map(({ keyword, text }) => [keyword, text]));
    return { width: info.width, height: info.height, codes, bits: space === 'grey16' ? 16 : 8, texts };
  } catch (cause) {
    if (cause instanceof DepthFileError || cause instanceof ImageError) throw cause;
    throw fault('PNG_DECODE', path, `cannot be decoded (${String(cause)})`, cause);
  }
}

function parseSemantics(text: string, path: string): DepthSemantics {
  const semantics = parsed(text, path);
  if (!Number.isFinite(semantics.scale) || !Number.isFinite(semantics.offset)) {
    throw fault('PNG_TEXT', path, `its "depthwise" text gives scale ${semantics.scale} and offset ${semantics.offset}`);
  }
  return semantics as DepthSemantics;
}

function parsed(text: string, path: string): Partial<DepthSemantics> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<DepthSemantics>;
  } catch (cause) {
    throw fault('PNG_TEXT', path, 'its "depthwise" text is not JSON', cause);
  }
}

function fault(code: ErrorCode, path: string, what: string, cause?: unknown): DepthFileError {
  return new DepthFileError(code, `${path}: ${what}.`, {
    source: path,
    phase: 'read',
    ...(cause === undefined ? {} : { cause }),
  });
}
