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

/** Two pictures of the same size next to each other, without a gap. */
export function sideBySide(left: Rgba, right: Rgba): Rgba {
  const { width, height } = left;
  const row = 4 * width;
  const data = new Uint8Array(2 * row * height);
  for (let y = 0; y < height; y++) {
    data.set(left.data.subarray(y * row, (y + 1) * row), 2 * y * row);
    data.set(right.data.subarray(y * row, (y + 1) * row), (2 * y + 1) * row);
  }
  return { data, width: 2 * width, height };
}
