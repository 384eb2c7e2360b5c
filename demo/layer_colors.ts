import type { DrawOptions } from 'depthwise';
import { colormaps } from 'depthwise/colormaps';
import type { Agreement, Layer } from './agreement.js';

/** [height,width,4] */
export type Colors = Uint8ClampedArray<ArrayBuffer>;
type Rgb = readonly [red: number, green: number, blue: number];

/** A layer in colours, near to far over all of its inverse depths. */
export function colorsOf({ values }: Layer, { colormap = 'inferno', invert = false }: DrawOptions): Colors {
  const inverse = values.map((z) => 1 / z);
  const most = inverse.reduce((a, b) => Math.max(a, b), 0);
  const table = colormaps[colormap];
  return paint(values.length, (i) => {
    const t = inverse[i]! / most;
    const entry = 3 * Math.round(255 * (invert ? 1 - t : t));
    return [table[entry]!, table[entry + 1]!, table[entry + 2]!];
  });
}

/** Relative inverse depths in greys, the nearest white. */
export function grayOf({ values }: Layer): Colors {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return paint(values.length, (i) => {
    const gray = (255 * (values[i]! - least)) / (most - least || 1);
    return [gray, gray, gray];
  });
}

/** Red where the second has it nearer, blue where farther, white where they agree; full at a quarter of the span. */
export function colorsOfDifference({ differences }: Agreement): Colors {
  return paint(differences.length, (i) => {
    const t = Math.max(-1, Math.min(1, 4 * differences[i]!));
    const rest = 255 * (1 - Math.abs(t));
    return t > 0 ? [230, rest * 0.9, rest * 0.9] : [rest * 0.9, rest * 0.9, 230];
  });
}

/** Puts colours on a canvas, which takes their size. */
export function put(
  canvas: HTMLCanvasElement,
  { width, height }: Pick<Layer, 'width' | 'height'>,
  colors: Colors,
): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(colors, width, height), 0, 0);
}

function paint(length: number, color: (i: number) => Rgb): Colors {
  const pixels = new Uint8ClampedArray(4 * length);
  for (let i = 0; i < length; i++) pixels.set([...color(i), 255], 4 * i);
  return pixels;
}
