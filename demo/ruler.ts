import type { DepthMap } from 'depthwise';
import type { Layer } from './agreement.js';
import { element } from './elements.js';
import type { GalleryPicture } from './gallery_pictures.js';
import type { MapView } from './map_view.js';
import type { Measuring, Metres } from './measuring.js';
import { FLAT } from './view_settings.js';
import type { Viewer } from './viewer.js';

/** The button that measures, where there are metres: of a model, or of a picture whose depth is known. */
export class Ruler {
  readonly #button = element('measure', HTMLButtonElement);
  readonly #viewer: Viewer;
  #measuring: Measuring | undefined;
  #layer: (() => Promise<Layer>) | undefined;
  #angle: number | undefined;

  constructor(viewer: Viewer, view: MapView, fail: (error: unknown) => void) {
    this.#viewer = viewer;
    this.#button.addEventListener('click', () => void this.#toggle(view, fail).catch(fail));
  }

  /** Takes another map, or none. */
  take(map: DepthMap | undefined, rendered?: GalleryPicture, title = ''): void {
    this.#measuring?.toggle(false);
    this.#angle = rendered?.angle;
    this.#layer = map && layerOf(map, rendered, title);
    this.#button.disabled = this.#layer === undefined;
    this.#button.title = this.#layer ? '' : 'Takes a model that gives metres.';
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
    if (!this.#layer) throw new Error('There is no map in metres any more.');
    const { angle } = this.#viewer.settings;
    return { layer: await this.#layer(), angle, angleKnown: angle === this.#angle };
  }
}

/** The map itself, where it is in metres, else the true depth; read once. */
function layerOf(
  map: DepthMap,
  rendered: GalleryPicture | undefined,
  title: string,
): (() => Promise<Layer>) | undefined {
  const { width, height, kind } = map;
  if (kind === 'metric') return once(() => map.read().then((values) => ({ title, values, width, height, kind })));
  if (!rendered) return undefined;
  return once(() => import('./truth.js').then(({ trueDepth }) => trueDepth(rendered)));
}

/** What a promise has given is kept; after a failure the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}
