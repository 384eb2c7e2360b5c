import { colormaps } from '../../depth/colormaps.js';
import { encodePng } from '../../depth/formats/png.js';
import { UNSURE } from '../../eval/scenes/judge.js';
import { extremes } from '../../eval/statistics.js';
import type { Size } from '../../image/size.js';

/** Pixels of the stripes that stand for doubt. */
const STRIPE = 6;

/** RGBA bytes as a PNG file. */
export function pictureFigure({ width, height, data }: Size & { readonly data: Uint8Array }): Promise<Uint8Array> {
  return encodePng({ width, height, channels: 4, data });
}

/** Values in colours, the least dark and the largest bright; hatched in grey where confidence is below a half. */
export function mapFigure(
  values: ArrayLike<number>,
  { width, height }: Size,
  confidence?: ArrayLike<number>,
): Promise<Uint8Array> {
  const [least, most] = extremes(values);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const level = most > least ? Math.round((255 * ((values[i] as number) - least)) / (most - least)) : 0;
    const hatched =
      confidence && (confidence[i] as number) < UNSURE && ((i % width) + Math.floor(i / width)) % STRIPE < STRIPE / 3;
    for (let c = 0; c < 3; c++) data[3 * i + c] = hatched ? 150 : (colormaps.inferno[3 * level + c] as number);
  }
  return encodePng({ width, height, channels: 3, data });
}

/** Values from 0 to 1 in grey. */
export function grayFigure(values: ArrayLike<number>, { width, height }: Size): Promise<Uint8Array> {
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.min(Math.max(value, 0), 1)));
  return encodePng({ width, height, channels: 1, data });
}
