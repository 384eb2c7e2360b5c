import { depthModels, type DepthMap, type DrawOptions } from 'depthwise';
import { colormaps } from 'depthwise/colormaps';
import { compareLayers, type Agreement, type Layer } from './agreement.js';
import { element, option } from './elements.js';
import type { GalleryPicture } from './gallery_pictures.js';
import { isFetchable } from './model_choice.js';
import type { Spot } from './probe.js';
import type { Report } from './report.js';
import { Session, type ModelRequest } from './session.js';
import { trueDepth } from './truth.js';
import { describeValue } from './value_text.js';

/** What is compared with: a picture, its map, and its true depth where that is known. */
export interface Compared {
  readonly map: DepthMap;
  readonly title: string;
  readonly blob: Blob;
  readonly truth: GalleryPicture | undefined;
}

const TRUTH = 'truth';
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

/** A second model, or the true depth, beside the first: its map, the difference, and how far they agree. */
export class Comparison {
  readonly #choice = element('other-model', HTMLSelectElement);
  readonly #map = element('other-map', HTMLCanvasElement);
  readonly #difference = element('difference', HTMLCanvasElement);
  readonly #numbers = element('agreement', HTMLElement);
  readonly #readout = element('other-readout', HTMLElement);
  readonly #session = new Session();
  readonly #report: Report;
  readonly #look: () => DrawOptions;
  #compared: Compared | undefined;
  #controller = new AbortController();
  #other: Layer | undefined;
  #key: object = {};

  /** @param choice what to compare with at first, by name */
  constructor(report: Report, look: () => DrawOptions, choice = '') {
    this.#report = report;
    this.#look = look;
    const models = depthModels.filter(({ permissive, source }) => permissive && isFetchable(source));
    this.#choice.append(
      option('', 'Choose…'),
      option(TRUTH, 'True depth'),
      ...models.map(({ name, title }) => option(name, title)),
    );
    this.#choice.value = choice;
    if (this.#choice.selectedIndex < 0) this.#choice.value = '';
    this.#choice.addEventListener('change', () => void this.show());
  }

  /** What is chosen, for a link; the true depth is by itself. */
  get choice(): string | undefined {
    return this.#choice.value === TRUTH ? undefined : this.#choice.value || undefined;
  }

  /** The second layer, where one is shown. */
  get other(): Layer | undefined {
    return this.#other;
  }

  /** Takes another picture with its map, or none. What was compared goes. */
  take(compared: Compared | undefined): void {
    this.#controller.abort();
    this.#compared = compared;
    this.#clear();
    const truth = this.#choice.querySelector<HTMLOptionElement>(`option[value=${TRUTH}]`);
    if (truth) truth.disabled = compared?.truth === undefined;
    if (this.#choice.value === TRUTH && !compared?.truth) this.#choice.value = '';
    if (this.#choice.value === '' && compared?.truth) this.#choice.value = TRUTH;
  }

  /** Computes and shows what is chosen. */
  async show(): Promise<void> {
    const [compared, name] = [this.#compared, this.#choice.value];
    this.#controller.abort();
    this.#clear();
    if (!compared || name === '') return;
    const key = (this.#key = {});
    this.#controller = new AbortController();
    try {
      const other = await this.#layer(name, compared, this.#controller.signal);
      const { map, title } = compared;
      const first: Layer = { title, values: await map.read(), width: map.width, height: map.height, kind: map.kind };
      if (key !== this.#key) return;
      this.#present(first, other);
    } catch (error) {
      if (key === this.#key) this.#report.fail(error);
    }
  }

  /** Reads the second map at a spot. */
  read(spot: Spot | undefined): void {
    const other = this.#other;
    if (!other || !spot) return void (this.#readout.textContent = '');
    const { values, width, height, kind, title } = other;
    const value = values[Math.floor(spot.v * height) * width + Math.floor(spot.u * width)] as number;
    const unit = kind === 'metric' ? 'metre' : 'none';
    const nearer = kind === 'relative-inverse' ? 'larger' : 'smaller';
    this.#readout.textContent = `${title}: ${describeValue({ kind, unit, nearer }, value)}`;
  }

  async #layer(name: string, { blob, truth }: Compared, signal: AbortSignal): Promise<Layer> {
    if (name === TRUTH && truth) {
      const layer = await trueDepth(truth);
      paintDepth(this.#map, layer, this.#look());
      return layer;
    }
    this.#report.say('Loading the second model…');
    const request: ModelRequest = { name, weights: undefined, acceptLicense: false };
    const model = await this.#session
      .open(request, (of) => this.#report.progress(of))
      .finally(() => this.#report.idle());
    this.#report.say('Estimating…');
    const map = await model.estimate(blob, { signal });
    try {
      const [values] = await Promise.all([map.read(), map.draw(this.#map, this.#look())]);
      this.#report.say('');
      return { title: model.info.title, values, width: map.width, height: map.height, kind: map.kind };
    } finally {
      map.dispose();
    }
  }

  #present(first: Layer, other: Layer): void {
    const agreement = compareLayers(first, other);
    this.#other = other;
    this.#map.hidden = this.#difference.hidden = false;
    element('other-caption', HTMLElement).textContent = `${other.title} · ${other.width} × ${other.height}`;
    paintDifference(this.#difference, agreement);
    const { correlation, difference, order } = agreement;
    this.#numbers.textContent =
      `Correlation of inverse depths ${correlation.toFixed(3)}; mean difference ${percent(difference)} of the span, ` +
      `${other.title} scaled and shifted to ${first.title}; same order in ${percent(order)} of pairs of pixels.`;
  }

  #clear(): void {
    this.#key = {};
    this.#other = undefined;
    this.#map.hidden = this.#difference.hidden = true;
    this.#numbers.textContent = '';
    this.#readout.textContent = '';
    element('other-caption', HTMLElement).textContent = 'Second map';
  }
}

/** Draws a layer in colours, near to far over all of its inverse depths. */
function paintDepth(
  canvas: HTMLCanvasElement,
  { values, width, height }: Layer,
  { colormap = 'inferno', invert = false }: DrawOptions,
): void {
  const inverse = values.map((z) => 1 / z);
  const most = inverse.reduce((a, b) => Math.max(a, b), 0);
  const table = colormaps[colormap];
  paint(canvas, width, height, (i) => {
    const t = inverse[i]! / most;
    const entry = 3 * Math.round(255 * (invert ? 1 - t : t));
    return [table[entry]!, table[entry + 1]!, table[entry + 2]!];
  });
}

/** Red where the second has it nearer, blue where farther, white where they agree; full at a quarter of the span. */
function paintDifference(canvas: HTMLCanvasElement, { differences, width, height }: Agreement): void {
  paint(canvas, width, height, (i) => {
    const t = Math.max(-1, Math.min(1, 4 * differences[i]!));
    const rest = 255 * (1 - Math.abs(t));
    return t > 0 ? [230, rest * 0.9, rest * 0.9] : [rest * 0.9, rest * 0.9, 230];
  });
}

type Rgb = readonly [red: number, green: number, blue: number];

function paint(canvas: HTMLCanvasElement, width: number, height: number, color: (i: number) => Rgb): void {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) pixels.data.set([...color(i), 255], 4 * i);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}
