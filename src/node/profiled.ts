import type { HeifPicture } from '../heif/decode.js';
import { openImage } from './decoder.js';
import { srgbSamples, type Samples } from './samples.js';

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
/** Types of a TIFF's values, and bytes of each. */
const [SHORT, LONG, UNDEFINED] = [3, 4, 7];

/**
 * 8-bit sRGB samples of pixels whose colours a profile describes, as those of other formats are made.
 * @throws ImageError IMAGE_DECODER without `sharp`; the decoder's own error for a profile that it cannot read
 */
export async function samplesOfProfile(
  pixels: Pick<HeifPicture, 'data' | 'width' | 'height'>,
  profile: Uint8Array,
  path: string,
): Promise<Samples> {
  const { image, metadata } = await openImage(tiffOf(pixels, profile), path);
  return srgbSamples(image, metadata, path);
}

/** RGBA as a TIFF of its colours in one strip, with a profile: TIFF 6.0, and tag 34675 of ICC.1:2022, annex B. */
function tiffOf({ data, width, height }: Pick<HeifPicture, 'data' | 'width' | 'height'>, profile: Uint8Array) {
  const bits = HEADER_BYTES;
  const icc = bits + 6;
  const table = icc + profile.length + (profile.length % 2);
  const entries = (strip: number): [tag: number, type: number, count: number, value: number][] => [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, 3, bits],
    // Not compressed; RGB.
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, strip],
    [277, SHORT, 1, 3],
    [278, LONG, 1, height],
    [279, LONG, 1, 3 * width * height],
    [34675, UNDEFINED, profile.length, icc],
  ];
  const { length } = entries(0);
  const strip = table + 2 + ENTRY_BYTES * length + 4;
  const file = new Uint8Array(strip + 3 * width * height);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0]);
  view.setUint32(4, table, true);
  for (let i = 0; i < 3; i++) view.setUint16(bits + 2 * i, 8, true);
  file.set(profile, icc);
  view.setUint16(table, length, true);
  for (const [i, [tag, type, count, value]] of entries(strip).entries()) {
    const at = table + 2 + ENTRY_BYTES * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  }
  for (let from = 0, to = strip; from < data.length; from += 4, to += 3) {
    file[to] = data[from]!;
    file[to + 1] = data[from + 1]!;
    file[to + 2] = data[from + 2]!;
  }
  return file;
}
