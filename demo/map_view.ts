import type { DepthMap, DepthRange, DrawOptions } from 'depthwise';
import { element } from './elements.js';
import type { Probe, Spot } from './probe.js';
import { Scale } from './scale.js';
import { describeValue } from './value_text.js';

const IDLE = 'Point at the picture to read its depth.';

/** A map with what the page needs of it on the CPU. */
interface Shown {
  readonly map: DepthMap;
  /** Missing in live use while nobody reads values. */
  readonly values: Float32Array | undefined;
  readonly range: DepthRange;
  readonly span: 'full' | 'percentiles';
}

/** The depth map in colours, its scale, and the value under the pointer. */
export class MapView {
  readonly #canvas = element('map', HTMLCanvasElement);
  readonly #empty = element('map-empty', HTMLElement);
  readonly #caption = element('map-caption', HTMLElement);
  readonly #readout = element('readout', HTMLElement);
  readonly #scale = new Scale();
  readonly #look: () => DrawOptions;
  #shown: Shown | undefined;
  #probe: Probe | undefined;

  readonly #onSpot: (spot: Spot | undefined) => void;

  /**
   * @param look how maps are to be drawn at the moment
   * @param onSpot called when another spot is read
   */
  constructor(look: () => DrawOptions, onSpot: (spot: Spot | undefined) => void) {
    this.#look = look;
    this.#onSpot = onSpot;
  }

  /** Where the read-out is. */
  get spot(): Spot | undefined {
    return this.#probe?.spot;
  }

  /** Takes what says where values are to be read. */
  set probe(probe: Probe) {
    this.#probe = probe;
  }

  /** The map on show, and how it is drawn. */
  get current(): { readonly map: DepthMap; readonly look: DrawOptions } | undefined {
    return this.#shown && { map: this.#shown.map, look: this.#lookOf(this.#shown.span) };
  }

  /**
   * Shows a map, which is this view's to dispose from now on. In live use the colours leave out the outermost values,
   * which flicker.
   */
  async show(map: DepthMap, live: boolean): Promise<void> {
    const span = live ? 'percentiles' : 'full';
    try {
      const read = live && !this.spot ? undefined : map.read();
      const [values, range] = await Promise.all([read, map.range(), map.draw(this.#canvas, this.#lookOf(span))]);
      this.#shown?.map.dispose();
      this.#shown = { map, values, range, span };
    } catch (error) {
      map.dispose();
      throw error;
    }
    this.#canvas.hidden = false;
    this.#empty.hidden = true;
    // A value that changes with every frame is not to be read out.
    this.#readout.setAttribute('aria-live', live ? 'off' : 'polite');
    this.#caption.textContent = `Depth map · ${map.width} × ${map.height}`;
    this.#present();
  }

  /** Draws the map on show anew, after a change of look. */
  async redraw(): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    try {
      await shown.map.draw(this.#canvas, this.#lookOf(shown.span));
    } catch (error) {
      if (shown === this.#shown) throw error;
    }
    this.#present();
  }

  /** Reads the value at the spot anew. */
  read(): void {
    const { spot } = this;
    this.#onSpot(spot);
    if (!this.#shown?.values || !spot) {
      this.#readout.textContent = IDLE;
      return;
    }
    const { map, values } = this.#shown;
    const [x, y] = [Math.floor(spot.u * map.width), Math.floor(spot.v * map.height)];
    const value = values[y * map.width + x] as number;
    this.#readout.textContent = `(${x}, ${y})  ${describeValue(map, value)}`;
    this.#scale.mark(value);
  }

  /** Takes the map away: it is not of the picture any more. */
  clear(): void {
    this.#shown?.map.dispose();
    this.#shown = undefined;
    this.#canvas.hidden = true;
    this.#empty.hidden = false;
    this.#caption.textContent = 'Depth map';
    this.#scale.hide();
    this.read();
  }

  /** Scrolls to the map where the window is too small to show it beside what led to it. */
  bringIntoSight(): void {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#canvas.scrollIntoView({ block: 'nearest', behavior: calm ? 'auto' : 'smooth' });
  }

  #lookOf(span: Shown['span']): DrawOptions {
    return { ...this.#look(), span };
  }

  #present(): void {
    if (!this.#shown) return;
    const { map, range, span } = this.#shown;
    this.#scale.show(map, span === 'full' ? [range.min, range.max] : [range.low, range.high], this.#look());
    this.read();
  }
}
