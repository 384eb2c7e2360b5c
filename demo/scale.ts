import type { DepthMap, DrawOptions } from 'depthwise';
import { colormaps } from 'depthwise/colormaps';
import { element } from './elements.js';
import { formatValue } from './value_text.js';

/** The bar that says which colour stands for which value, from far on the left to near on the right. */
export class Scale {
  readonly #box = element('scale', HTMLElement);
  readonly #colors = element('scale-colors', HTMLCanvasElement);
  readonly #far = element('scale-far', HTMLElement);
  readonly #near = element('scale-near', HTMLElement);
  readonly #tick = element('scale-tick', HTMLElement);
  #ends: readonly [far: number, near: number] = [0, 1];

  show(
    map: DepthMap,
    [min, max]: readonly [number, number],
    { colormap = 'inferno', invert = false }: DrawOptions,
  ): void {
    this.#ends = map.nearer === 'larger' ? [min, max] : [max, min];
    this.#far.textContent = `far ${formatValue(map, this.#ends[0])}`;
    this.#near.textContent = `${formatValue(map, this.#ends[1])} near`;
    this.#box.hidden = false;
    const table = colormaps[colormap];
    const pixels = new ImageData(256, 1);
    for (let x = 0; x < 256; x++) {
      const entry = 3 * (invert ? 255 - x : x);
      pixels.data.set([...table.subarray(entry, entry + 3), 255], 4 * x);
    }
    this.#colors.getContext('2d')?.putImageData(pixels, 0, 0);
  }

  /** Marks a value on the bar. */
  mark(value: number): void {
    const [far, near] = this.#ends;
    const t = near === far ? 0.5 : (value - far) / (near - far);
    this.#tick.hidden = !Number.isFinite(t);
    this.#tick.style.setProperty('--t', String(Math.min(1, Math.max(0, t))));
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
