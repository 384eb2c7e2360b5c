import { depthModels, type DepthModelSummary } from 'depthwise';
import { element, option } from './elements.js';
import type { Parameters } from './parameters.js';
import { PACKAGED_WEIGHTS } from './packaged_weights.js';
import type { ChosenWeights, ModelRequest } from './session.js';

const KINDS = {
  'relative-inverse': 'Relative inverse depth, no unit',
  relative: 'Relative depth, no unit',
  metric: 'Depth in metres',
} as const;

/** Sides of the network's input on offer, in pixels; models round them to the multiples they take. */
const SIZES = [128, 196, 252, 384, 518, 770, 1036];

/** The part of the page where a model, its weights, its licence and its input size are chosen. */
export class ModelChoice {
  readonly #model = element('model', HTMLSelectElement);
  readonly #licence = element('licence', HTMLElement);
  readonly #kind = element('model-kind', HTMLElement);
  readonly #page = element('model-page', HTMLAnchorElement);
  readonly #acceptRow = element('accept-row', HTMLElement);
  readonly #acceptText = element('accept-text', HTMLElement);
  readonly #accept = element('accept', HTMLInputElement);
  readonly #hint = element('weights-hint', HTMLElement);
  readonly #forget = element('forget-weights', HTMLButtonElement);
  readonly #size = element('size', HTMLSelectElement);
  #weights: ChosenWeights | undefined;
  /** By a person, not by the page. */
  #chosen = false;

  /**
   * @param onSize called when another input size has been chosen
   * @param onChange called when anything has
   */
  constructor(onSize: () => void, onChange: () => void) {
    for (const [family, models] of families()) {
      const group = document.createElement('optgroup');
      group.label = family;
      group.append(...models.map(({ name, title }) => option(name, title)));
      this.#model.append(group);
    }
    this.#size.append(option('', 'the model’s own'), ...SIZES.map((size) => option(String(size), `${size} px`)));
    this.#model.value = defaultModel().name;
    this.#model.addEventListener('change', () => {
      this.#accept.checked = false;
      this.#chosen = true;
      this.useWeights(undefined);
    });
    this.#forget.addEventListener('click', () => this.useWeights(undefined));
    this.#size.addEventListener('change', onSize);
    for (const select of [this.#model, this.#size]) select.addEventListener('change', onChange);
    this.#show();
  }

  get request(): ModelRequest {
    return { name: this.#model.value, weights: this.#weights, acceptLicense: this.#accept.checked };
  }

  /** Side of the network's input, where it is not to be the model's own. */
  get inputSize(): number | undefined {
    return this.#size.value === '' ? undefined : Number(this.#size.value);
  }

  /** What a link has to say to come back to this choice. */
  get parameters(): Pick<Parameters, 'model' | 'weights' | 'size'> {
    const { name } = this.#summary;
    return {
      model: name === defaultModel().name ? undefined : name,
      weights: typeof this.#weights === 'string' ? this.#weights : undefined,
      size: this.#size.value || undefined,
    };
  }

  /** What must be done before this model can be loaded, in words. */
  get obstacle(): string | undefined {
    const { title, permissive, source } = this.#summary;
    if (this.#weights === undefined && !isFetchable(source))
      return `${title} needs its weights as a file: choose one, or drop it here.`;
    if (!permissive && !this.#accept.checked) return `Tick the box to accept the licence of ${title}.`;
    return undefined;
  }

  /** Whether the model comes with the page, so that nothing has to be downloaded or asked for. */
  get atHand(): boolean {
    return this.#weights === undefined && isPackaged(this.#summary);
  }

  /** @returns whether there is a model of that name */
  selectModel(name: string): boolean {
    const known = depthModels.some((model) => model.name === name);
    if (known) this.#model.value = name;
    this.#show();
    return known;
  }

  selectSize(size: string): void {
    if (Number(size) > 0 && !SIZES.includes(Number(size))) this.#size.append(option(size, `${size} px`));
    this.#size.value = size;
  }

  /** A file or URL instead of the published weights, or undefined for those again. */
  useWeights(weights: ChosenWeights | undefined): void {
    this.#weights = weights;
    this.#show();
  }

  async #showFacts(): Promise<void> {
    const { name, kind } = this.#summary;
    const { describeFacts } = await import('./model_facts.js');
    if (name === this.#summary.name) this.#kind.textContent = `${KINDS[kind]} · ${describeFacts(name)}`;
  }

  get #summary(): DepthModelSummary {
    return depthModels.find(({ name }) => name === this.#model.value) ?? defaultModel();
  }

  #show(): void {
    const { title, licence, permissive, kind, page, source } = this.#summary;
    this.#licence.textContent = licence;
    this.#licence.classList.toggle('restricted', !permissive);
    this.#kind.textContent = KINDS[kind];
    // What is part of the page says so, and a first visit does without the rest.
    if (!this.atHand || this.#chosen) void this.#showFacts();
    this.#page.hidden = page === undefined;
    this.#page.href = page ?? '';
    this.#acceptRow.hidden = permissive;
    this.#acceptText.textContent = `I accept the licence of ${title}, which does not allow every use.`;
    this.#forget.hidden = this.#weights === undefined;
    this.#hint.textContent =
      this.#weights !== undefined
        ? `Weights: ${nameOf(this.#weights)}`
        : isPackaged(this.#summary)
          ? `Small, and part of this page. Better, after a download: ${betterModels()}.`
          : !isFetchable(source)
            ? 'The page cannot fetch these weights: choose or drop the file, safetensors or PyTorch’s.'
            : 'Published weights, downloaded once and kept by the browser.';
  }
}

/** The model that comes with the page. */
function defaultModel(): DepthModelSummary {
  return depthModels.find(isPackaged) ?? (depthModels[0] as DepthModelSummary);
}

function isPackaged({ source }: DepthModelSummary): boolean {
  return source in PACKAGED_WEIGHTS;
}

/** Whether a page may fetch from there: GitHub lets none. */
export function isFetchable(source: string): boolean {
  return !source.startsWith('https://github.com/');
}

/** Models that are free for every use, and downloaded: the first, and how many more. */
function betterModels(): string {
  const [first, ...others] = depthModels.filter(
    (model) => model.permissive && isFetchable(model.source) && !isPackaged(model),
  );
  return `${first?.title}, or one of ${others.length} more`;
}

function families(): Map<string, DepthModelSummary[]> {
  const groups = new Map<string, DepthModelSummary[]>();
  for (const model of depthModels) {
    const group = model.title.replace(/ (small|base|large)$/, '');
    groups.set(group, [...(groups.get(group) ?? []), model]);
  }
  return groups;
}

function nameOf(weights: ChosenWeights): string {
  return typeof weights === 'string' ? weights : weights.name;
}
