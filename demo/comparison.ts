import { depthModels, type DepthMap, type DrawOptions, type EstimateOptions } from 'depthwise';
import { compareLayers, type Layer } from './agreement.js';
import { element, option } from './elements.js';
import type { GalleryPicture } from './gallery_pictures.js';
import { colorsOf, colorsOfDifference, put, type Colors } from './layer_colors.js';
import { isFetchable } from './model_choice.js';
import type { Spot } from './probe.js';
import type { Report } from './report.js';
import { Session, type ModelRequest } from './session.js';
import { trueDepth } from './truth.js';
import { untilAborted } from './turn.js';
import { describeValue } from './value_text.js';

/** What is compared with: a picture, its map, and its true depth where that is known. */
export interface Compared {
  readonly map: DepthMap;
  readonly title: string;
  readonly blob: Blob;
  /** Of its camera, beside what the blob says. */
  readonly known: () => Pick<EstimateOptions, 'focalLength'>;
  readonly truth: GalleryPicture | undefined;
}

/** What is beside the first map, and its colours. */
interface Second {
  /** As chosen. */
  readonly name: string;
  readonly layer: Layer;
  readonly colors: (look: DrawOptions) => Promise<Colors>;
  dispose?(): void;
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
  /** Of what is under way. */
  #controller: AbortController | undefined;
  #second: Second | undefined;

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
    this.#choice.addEventListener('change', () => {
      // Words about another choice, which may have failed.
      this.#report.say('');
      void this.show();
    });
  }

  /** What is chosen, for a link; the true depth is by itself. */
  get choice(): string | undefined {
    return this.#choice.value === TRUTH ? undefined : this.#choice.value || undefined;
  }

  /** Takes another picture with its map, or none. What was compared goes. */
  take(compared: Compared | undefined): void {
    this.#abort();
    this.#compared = compared;
    this.#clear();
    const truth = this.#choice.querySelector<HTMLOptionElement>(`option[value=${TRUTH}]`);
    if (truth) truth.disabled = compared?.truth === undefined;
    if (this.#choice.value === TRUTH && !compared?.truth) this.#choice.value = '';
    if (this.#choice.value === '' && compared?.truth) this.#choice.value = TRUTH;
  }

  /** Computes and shows what is chosen, unless it is shown. */
  async show(): Promise<void> {
    const [compared, name] = [this.#compared, this.#choice.value];
    if (this.#second?.name === name) return this.redraw();
    this.#abort();
    this.#clear();
    // A load of the same model goes on, and `open` ends that of another.
    if (name === '' || name === TRUTH) this.#session.cancel();
    if (!compared || name === '') return;
    const controller = (this.#controller = new AbortController());
    try {
      await this.#compare(name, compared, controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) this.#report.fail(error);
    } finally {
      if (this.#controller === controller) this.#controller = undefined;
    }
  }

  /** Draws the second map anew, after a change of look. */
  async redraw(): Promise<void> {
    const second = this.#second;
    try {
      const colors = await second?.colors(this.#look());
      if (second && colors && second === this.#second) put(this.#map, second.layer, colors);
    } catch (error) {
      if (second === this.#second) this.#report.fail(error);
    }
  }

  /** Reads the second map at a spot. */
  read(spot: Spot | undefined): void {
    if (!this.#second || !spot) return void (this.#readout.textContent = '');
    const { values, width, height, kind, title } = this.#second.layer;
    const value = values[Math.floor(spot.v * height) * width + Math.floor(spot.u * width)] as number;
    const unit = kind === 'metric' ? 'metre' : 'none';
    const nearer = kind === 'relative-inverse' ? 'larger' : 'smaller';
    this.#readout.textContent = `${title}: ${describeValue({ kind, unit, nearer }, value)}`;
  }

  async #compare(name: string, compared: Compared, signal: AbortSignal): Promise<void> {
    const { map, title, truth } = compared;
    const second = name === TRUTH && truth ? await secondOf(truth) : await this.#estimate(name, compared, signal);
    try {
      const { width, height, kind } = map;
      const values = await map.read();
      signal.throwIfAborted();
      this.#second = second;
      await this.redraw();
      signal.throwIfAborted();
      this.#present({ title, values, width, height, kind }, second.layer);
    } catch (error) {
      second.dispose?.();
      throw error;
    }
  }

  async #estimate(name: string, { blob, known }: Compared, signal: AbortSignal): Promise<Second> {
    this.#report.say('Loading the second model…');
    const request: ModelRequest = { name, weights: undefined, acceptLicense: false };
    const opening = this.#session.open(request, (of) => this.#report.progress(of));
    const model = await untilAborted(
      opening.finally(() => this.#report.idle()),
      signal,
    );
    this.#report.say('Estimating…');
    const map = await model.estimate(blob, { signal, ...known() });
    try {
      const { width, height, kind } = map;
      const layer: Layer = { title: model.info.title, values: await map.read(), width, height, kind };
      signal.throwIfAborted();
      this.#report.say('');
      return { name, layer, colors: (look) => map.colors(look), dispose: () => map.dispose() };
    } catch (error) {
      map.dispose();
      throw error;
    }
  }

  #present(first: Layer, other: Layer): void {
    const agreement = compareLayers(first, other);
    this.#map.hidden = this.#difference.hidden = false;
    element('other-caption', HTMLElement).textContent = `${other.title} · ${other.width} × ${other.height}`;
    put(this.#difference, agreement, colorsOfDifference(agreement));
    const { correlation, difference, order } = agreement;
    this.#numbers.textContent =
      `Correlation of inverse depths ${correlation.toFixed(3)}; mean difference ${percent(difference)} of the span, ` +
      `${other.title} scaled and shifted to ${first.title}; same order in ${percent(order)} of pairs of pixels.`;
  }

  /** Ends what is under way, with its words. */
  #abort(): void {
    if (!this.#controller) return;
    this.#controller.abort();
    this.#controller = undefined;
    this.#report.say('');
  }

  #clear(): void {
    this.#second?.dispose?.();
    this.#second = undefined;
    this.#map.hidden = this.#difference.hidden = true;
    this.#numbers.textContent = '';
    this.#readout.textContent = '';
    element('other-caption', HTMLElement).textContent = 'Second map';
  }
}

async function secondOf(truth: GalleryPicture): Promise<Second> {
  const layer = await trueDepth(truth);
  return { name: TRUTH, layer, colors: (look) => Promise.resolve(colorsOf(layer, look)) };
}
