import type { DepthMap } from 'depthwise';
import type { Layer } from './agreement.js';
import type { KnownLens } from './assumptions.js';
import { element } from './elements.js';
import type { GalleryPicture } from './gallery_pictures.js';
import { distanceBetween } from './measure.js';
import type { Spot } from './probe.js';
import { formatValue } from './value_text.js';

/** A map in metres, and how the camera saw. */
export interface Metres {
  readonly layer: Layer;
  /** From side to side, in degrees. */
  readonly angle: number;
  readonly angleKnown: boolean;
}

/** What is measured in: a map in metres, or a picture whose depth is known. */
export interface Measured {
  readonly map: DepthMap;
  readonly rendered: GalleryPicture | undefined;
  /** How much of the camera is known. */
  readonly lens: KnownLens | undefined;
  /** Of the model. */
  readonly title: string;
}

type End = Spot & { readonly z: number };

const metres = (value: number) => formatValue({ kind: 'metric', unit: 'metre', nearer: 'smaller' }, value);

/** Measures the distance of two points that are clicked, or set with Enter at the read-out. */
export class Measuring {
  readonly #frame = element('map-frame', HTMLElement);
  readonly #text = element('measured', HTMLElement);
  readonly #line = document.querySelector<SVGLineElement>('#measure-line line');
  readonly #button = element('measure', HTMLButtonElement);
  readonly #metres: () => Promise<Metres>;
  readonly #spot: () => Spot | undefined;
  readonly #fail: (error: unknown) => void;
  #ends: End[] = [];
  #on = false;

  /** @param spot where the read-out is, in a view that shows the map */
  constructor(metres: () => Promise<Metres>, spot: () => Spot | undefined, fail: (error: unknown) => void) {
    this.#metres = metres;
    this.#spot = spot;
    this.#fail = fail;
    // The click that ends a drag of the line between picture and map is none at a point.
    this.#frame.addEventListener('click', ({ target }) => target !== element('divider', HTMLElement) && this.#set());
    this.#frame.addEventListener('keydown', ({ key }) => key === 'Enter' && this.#set());
  }

  /** Begins or ends to measure. */
  toggle(on = !this.#on): void {
    this.#on = on;
    this.#ends = [];
    this.#button.setAttribute('aria-pressed', String(on));
    this.#show(on ? 'Click the first point, or set it with Enter.' : '');
  }

  #set(): void {
    const spot = this.#spot();
    if (this.#on && spot) void this.#take(spot).catch(this.#fail);
  }

  async #take({ u, v }: Spot): Promise<void> {
    const { layer, angle, angleKnown } = await this.#metres();
    const { values, width, height, title } = layer;
    const z = values[Math.floor(v * height) * width + Math.floor(u * width)] as number;
    if (!Number.isFinite(z)) return this.#show('There is no distance here: choose another point.');
    this.#ends = [...(this.#ends.length === 1 ? this.#ends : []), { u, v, z }];
    const [from, to] = this.#ends as [End, End?];
    if (!to) return this.#show(`The first point is ${metres(z)} away. Click the second.`);
    const length = distanceBetween(from, to, { angle, aspect: width / height });
    this.#show(
      `${metres(length)} between the points, ${metres(from.z)} and ${metres(to.z)} away, ` +
        `by ${title} and an angle of view of ${Number(angle.toFixed(1))}°${angleKnown ? '' : ', which is assumed'}.`,
    );
  }

  #show(text: string): void {
    this.#text.textContent = text;
    const [from, to = from] = this.#ends;
    const line = this.#line;
    if (!line) return;
    line.toggleAttribute('hidden', from === undefined);
    if (!from || !to) return;
    for (const [name, value] of Object.entries({ x1: from.u, y1: from.v, x2: to.u, y2: to.v }))
      line.setAttribute(name, String(100 * value));
  }
}

/** The map itself, where it is in metres, else the true depth. */
export async function layerOf({ map, rendered, title }: Measured): Promise<Layer> {
  const { width, height, kind } = map;
  if (kind !== 'metric' && rendered) {
    const { trueDepth } = await import('./truth.js');
    return { ...(await trueDepth(rendered)), title: 'true depth' };
  }
  return { title, values: await map.read(), width, height, kind };
}
