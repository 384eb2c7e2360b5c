import type { Layer } from './agreement.js';
import { element } from './elements.js';
import type { MapView } from './map_view.js';
import type { Measured, Measuring, Metres } from './measuring.js';
import { FLAT } from './view_settings.js';
import type { Viewer } from './viewer.js';

/** The button that measures, where there are metres: of a model, or of a picture whose depth is known. */
export class Ruler {
  readonly #button = element('measure', HTMLButtonElement);
  readonly #viewer: Viewer;
  #measuring: Measuring | undefined;
  #measured: Measured | undefined;
  #layer: Promise<Layer> | undefined;

  constructor(viewer: Viewer, view: MapView, fail: (error: unknown) => void) {
    this.#viewer = viewer;
    this.#button.addEventListener('click', () => void this.#toggle(view, fail).catch(fail));
  }

  /** Takes another map, or none. */
  take(measured: Measured | undefined): void {
    this.#measuring?.toggle(false);
    this.#layer = undefined;
    this.#measured = measured && (measured.map.kind === 'metric' || measured.rendered) ? measured : undefined;
    this.#button.disabled = this.#measured === undefined;
    this.#button.title = this.#measured ? '' : 'Takes a model that gives metres.';
  }

  async #toggle(view: MapView, fail: (error: unknown) => void): Promise<void> {
    if (!this.#measuring) {
      const { Measuring } = await import('./measuring.js');
      this.#measuring ??= new Measuring(
        () => this.#metres(),
        () => (FLAT.has(this.#viewer.view) ? view.spot : undefined),
        fail,
      );
    }
    const { settings } = this.#viewer;
    if (!FLAT.has(settings.view)) {
      settings.view = 'map';
      this.#viewer.refresh();
    }
    this.#measuring.toggle();
  }

  async #metres(): Promise<Metres> {
    const measured = this.#measured;
    if (!measured) throw new Error('There is no map in metres any more.');
    const { layerOf } = await import('./measuring.js');
    // Read once; after a failure the next point tries again.
    const layer = await (this.#layer ??= layerOf(measured)).catch((error: unknown) => {
      this.#layer = undefined;
      throw error;
    });
    const { angle } = this.#viewer.settings;
    return { layer, angle, angleKnown: angle === measured.lens?.angle };
  }
}
