import { colormaps, type ColormapName } from '../image/colormaps.js';
import type { DepthSemantics, FiniteRange } from '../image/formats/depth_semantics.js';
import type { PngImage } from '../image/formats/png.js';
import type { Picture } from '../node/image_file.js';

/** A depth map on the CPU, [height,width], top row first. */
export interface DepthValues {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** How values become colours. */
export interface Look {
  readonly colormap: ColormapName;
  /** One channel of grey in place of the colour map. */
  readonly grayscale: boolean;
  /** The farthest, and not the nearest, gets the last colour. */
  readonly invert: boolean;
}

/**
 * Draws a map over its `range`: level = trunc(255 * (value - min) / (max - min)), as MiDaS and Depth Anything draw theirs.
 * Levels are turned around where nearer things have the smaller values. A flat map and values that are not finite get
 * what `min` gets.
 */
export function drawDepth({ data, width, height }: DepthValues, { min, max }: FiniteRange, nearer: DepthSemantics['nearer'], look: Look): PngImage {
  const scale = max > min ? 255 / (max - min) : 0;
  const flip = look.invert === (nearer === 'larger') ? 255 : 0;
  const channels = look.grayscale ? 1 : 3;
  const table = colormaps[look.colormap];
  const pixels = new Uint8Array(data.length * channels);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const level = (Number.isFinite(value) ? Math.min(255, Math.max(0, Math.trunc((value - min) * scale))) : 0) ^ flip;
    if (channels === 1) {
      pixels[i] = level;
    } else {
      pixels[3 * i] = table[3 * level]!;
      pixels[3 * i + 1] = table[3 * level + 1]!;
      pixels[3 * i + 2] = table[3 * level + 2]!;
    }
  }
  return { width, height, channels, data: pixels };
}

/** The picture on the left and its depth on the right, without a gap, in RGB. Both have the same size. */
export function sideBySide(picture: Picture, depth: PngImage): PngImage {
  const { width, height } = picture;
  const pixels = new Uint8Array(width * 2 * height * 3);
  const step = depth.channels === 1 ? 0 : 1;
  for (let i = 0, to = 0; i < width * height; i++) {
    if (i > 0 && i % width === 0) to += width * 3;
    for (let c = 0; c < 3; c++, to++) {
      pixels[to] = picture.data[4 * i + c]!;
      pixels[to + width * 3] = depth.data[depth.channels * i + c * step]!;
    }
  }
  return { width: width * 2, height, channels: 3, data: pixels };
}
