import type { PngImage } from '../depth/formats/png.js';

/** RGBA pixels, top row first. */
export interface Rgba {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The first `channels` of every pixel: 3 for colours, 1 where all three are the same. */
export function withoutAlpha({ data, width, height }: Rgba, channels: 1 | 3): PngImage {
  const pixels = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < pixels.length; from += 4) {
    for (let c = 0; c < channels; c++) pixels[to++] = data[from + c]!;
  }
  return { width, height, channels, data: pixels };
}

/** Two pictures of the same size next to each other, without a gap, in RGB. */
export function sideBySide(left: Rgba, right: Rgba): PngImage {
  const { width, height } = left;
  const pixels = new Uint8Array(width * 2 * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (const { data } of [left, right]) {
      for (let from = y * width * 4; from < (y + 1) * width * 4; from += 4) {
        for (let c = 0; c < 3; c++) pixels[to++] = data[from + c]!;
      }
    }
  }
  return { width: width * 2, height, channels: 3, data: pixels };
}
