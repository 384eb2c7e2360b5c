import { ImageError } from '../errors.js';
import { plainMemory } from '../arguments/plain_memory.js';
import { checkPictureSize } from './size.js';

/** Pixels in memory, top row first, encoded sRGB. Alpha is ignored, so colours must not be multiplied by it. */
export interface RawPicture {
  /** Bytes, or floats in 0…1. Length width · height · channels. Never written to; shared memory is copied. */
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGBA; 4 unless given. */
  readonly channels?: 1 | 3 | 4;
  /** Focal length of the camera in pixels, for models that need it; `readPicture` has it of EXIF data. */
  readonly focalLength?: number | undefined;
}

/** Pixels ready to write to a texture. */
export interface Texels {
  readonly format: 'rgba8unorm' | 'rgba32float';
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
}

/**
 * Checks that pixels are as many as their size takes. @throws ImageError `IMAGE_SIZE` or `IMAGE_DATA`
 */
export function checkPixels({
  data,
  width,
  height,
  channels = 4,
}: RawPicture): Required<Omit<RawPicture, 'focalLength'>> {
  checkPictureSize(width, height);
  if (![Uint8Array, Uint8ClampedArray, Float32Array].some((type) => data instanceof type))
    throw badData(`The pixels are ${nameOf(data)}; expected a Uint8Array, Uint8ClampedArray or Float32Array.`);
  if (![1, 3, 4].includes(channels))
    throw badData(`The picture has ${channels} channels; expected 1, 3 or 4.`, [1, 3, 4], channels);
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw badData(
      `A ${width}x${height} picture of ${channels} channels takes ${expected} values; the data holds ${data.length}.`,
      expected,
      data.length,
    );
  }
  return { data, width, height, channels };
}

/**
 * Expands pixels to four channels, into `scratch` when it fits. @throws ImageError `IMAGE_SIZE`, `IMAGE_DATA` or
 * `IMAGE_RANGE`.
 */
export function toTexels(picture: RawPicture, scratch?: Texels['data']): Texels {
  const { data: given, width, height, channels } = checkPixels(picture);
  const data = plainMemory(given);
  const floats = data instanceof Float32Array;
  if (floats) checkRange(data);
  const format = floats ? 'rgba32float' : 'rgba8unorm';
  if (channels === 4) return { format, data };
  return { format, data: expand(data, channels, width * height, scratch) };
}

function expand(data: Texels['data'], channels: 1 | 3, pixels: number, scratch?: Texels['data']): Texels['data'] {
  const floats = data instanceof Float32Array;
  const fits = scratch?.length === 4 * pixels && scratch instanceof Float32Array === floats;
  const texels = fits ? scratch : new (floats ? Float32Array : Uint8Array)(4 * pixels);
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  for (let to = 0, from = 0; to < texels.length; to += 4, from += channels) {
    texels[to] = data[from] as number;
    texels[to + 1] = data[from + green] as number;
    texels[to + 2] = data[from + blue] as number;
    texels[to + 3] = floats ? 1 : 255;
  }
  return texels;
}

function checkRange(data: Float32Array): void {
  let [min, max, nonFinite] = [Infinity, -Infinity, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) nonFinite++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (nonFinite === 0 && min >= 0 && max <= 1) return;
  const found =
    nonFinite === data.length
      ? 'none of these is finite'
      : `these reach from ${min} to ${max}, and ${nonFinite} are not finite`;
  throw new ImageError('IMAGE_RANGE', `Float pixels must lie in 0 to 1; ${found}.`, {
    expected: [0, 1],
    actual: [min, max],
    ...(max > 1 ? { hint: 'Divide 8-bit values by 255, or give them as a Uint8Array.' } : {}),
  });
}

function badData(message: string, expected?: unknown, actual?: unknown): ImageError {
  return new ImageError('IMAGE_DATA', message, { expected, actual });
}

function nameOf(value: unknown): string {
  return (value as { constructor?: { name?: string } } | undefined)?.constructor?.name ?? String(value);
}
