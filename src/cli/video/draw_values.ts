import type { DepthMap } from '../../depth/depth_map.js';
import { lookupTable } from '../../depth/colorize.js';
import { levelsFall } from '../../depth/formats/depth_semantics.js';
import type { Rgba } from '../compose.js';
import type { Look } from '../write_outputs.js';
import type { ClipRange } from './clip_range.js';

/**
 * Draws maps between the ends of one range, as `colorize.wgsl` draws a map between its own: levels are cut off and not
 * rounded, values outside take the end colours, and those that are not finite are black.
 */
export class RangeDrawing {
  readonly #table: Uint32Array;
  readonly #low: number;
  readonly #high: number;

  constructor({ nearer }: Pick<DepthMap, 'nearer'>, { min, max, low, high }: ClipRange, look: Look) {
    const colours = lookupTable(look.grayscale ? 'gray' : look.colormap, levelsFall(nearer, look.invert));
    this.#table = new Uint32Array(Uint8Array.from(colours, (value) => Math.round(255 * value)).buffer);
    [this.#low, this.#high] = look.span === 'full' ? [min, max] : [low, high];
  }

  /** RGBA pixels. */
  draw(values: Float32Array, { width, height }: { readonly width: number; readonly height: number }): Rgba {
    const pixels = new Uint32Array(values.length);
    const [low, table] = [this.#low, this.#table];
    const scale = this.#high > low ? 255 / (this.#high - low) : 0;
    for (let i = 0; i < pixels.length; i++) {
      const level = (values[i]! - low) * scale;
      // Of what is not finite it is NaN or infinite; a value of an infinite difference is none of a map.
      if (Number.isFinite(level)) pixels[i] = table[level < 0 ? 0 : level > 255 ? 255 : level | 0]!;
    }
    return { data: new Uint8Array(pixels.buffer), width, height };
  }
}
