import { assumptions } from './assumptions.js';
import { element, option } from './elements.js';
import type { Subject } from './scene_stage.js';
import { BOUNDS, type ViewName, type ViewSettings } from './view_settings.js';
import { HINTS, LAYOUT_NAMES, SKY_NAMES, SURFACE_NAMES } from './view_words.js';

type Names<T> = { [K in keyof ViewSettings]: ViewSettings[K] extends T ? K : never }[keyof ViewSettings];

/** A number that is set with a slider. */
interface Dial {
  readonly label: string;
  readonly views: readonly ViewName[];
  readonly step: number;
  readonly text: (value: number) => string;
}

const SCENES: readonly ViewName[] = ['parallax', 'mesh', 'stereo', 'focus', 'normals'];
const percent = (value: number) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;

const DIALS = {
  split: { label: 'Picture', views: ['map'], step: 0.01, text: percent },
  parallax: { label: 'Parallax', views: ['stereo'], step: 0.005, text: percent },
  blur: { label: 'Blur', views: ['focus'], step: 0.002, text: percent },
  far: { label: 'Far end', views: SCENES, step: 1, text: (value) => `${value} × near` },
  angle: {
    label: 'Angle of view',
    views: ['map', ...SCENES],
    step: 1,
    text: (value) => `${Number(value.toFixed(1))}°`,
  },
} satisfies Partial<Record<Names<number>, Dial>>;

/** What is chosen from a list. */
const LISTS = {
  layout: { label: 'Layout', view: 'stereo', entries: LAYOUT_NAMES },
  surface: { label: 'Drawn as', view: 'mesh', entries: SURFACE_NAMES },
  sky: { label: 'Sky', view: 'mesh', entries: SKY_NAMES },
} as const;

type DialName = keyof typeof DIALS;
type ListName = keyof typeof LISTS;

/** The controls of the view on show, and the words on it. */
export class ViewOptions {
  readonly #settings: ViewSettings;
  readonly #onChange: () => void;
  readonly #dials = new Map<DialName, { readonly row: HTMLElement; readonly input: HTMLInputElement }>();
  readonly #lists = new Map<ListName, { readonly row: HTMLElement; readonly select: HTMLSelectElement }>();

  constructor(settings: ViewSettings, onChange: () => void) {
    this.#settings = settings;
    this.#onChange = onChange;
    const lists = (Object.keys(LISTS) as ListName[]).map((name) => this.#list(name));
    const rows = (Object.keys(DIALS) as DialName[]).map((name) => this.#dial(name));
    element('view-options', HTMLElement).append(...lists, ...rows);
  }

  /**
   * Shows what there is to do in the view on show, what it can be set to of its subject, how it is, and what is assumed
   * of the map in it.
   */
  refresh(view: ViewName, subject: Subject | undefined): void {
    element('assumptions', HTMLElement).textContent = subject ? assumptions(subject, this.#settings) : '';
    const hint = HINTS[view];
    element('view-hint', HTMLElement).textContent = hint;
    element('map-frame', HTMLElement).ariaLabel += ` ${hint}`;
    const metric = subject?.map.kind === 'metric';
    for (const [name, { row, select }] of this.#lists) {
      row.hidden = view !== LISTS[name].view || (name === 'sky' && !subject?.map.sky);
      select.value = this.#settings[name];
    }
    for (const [name, { row, input }] of this.#dials) {
      const { views, text }: Dial = DIALS[name];
      // Of a map, metres need the angle; of a scene, all but metres need an end.
      row.hidden = !views.includes(view) || (metric ? name === 'far' : name === 'angle' && view === 'map');
      input.value = String(this.#settings[name]);
      const words = text(this.#settings[name]);
      input.setAttribute('aria-valuetext', words);
      (row.querySelector('output') as HTMLOutputElement).textContent = words;
    }
  }

  #list(name: ListName): HTMLElement {
    const { label, entries } = LISTS[name];
    const select = document.createElement('select');
    select.append(...Object.entries(entries).map(([value, text]) => option(value, text)));
    select.addEventListener('change', () => {
      Object.assign(this.#settings, { [name]: select.value });
      this.#onChange();
    });
    const row = labelled(name, label, select);
    this.#lists.set(name, { row, select });
    return row;
  }

  #dial(name: DialName): HTMLElement {
    const { label, step } = DIALS[name];
    const [least, most] = BOUNDS[name];
    const input = document.createElement('input');
    Object.assign(input, { type: 'range', min: String(least), max: String(most), step: String(step) });
    input.addEventListener('input', () => {
      this.#settings[name] = input.valueAsNumber;
      this.#onChange();
    });
    const row = labelled(name, label, input);
    row.append(document.createElement('output'));
    this.#dials.set(name, { row, input });
    return row;
  }
}

function labelled(name: string, text: string, control: HTMLElement): HTMLElement {
  control.id = `option-${name}`;
  const row = document.createElement('label');
  row.className = 'pair';
  row.htmlFor = control.id;
  const title = document.createElement('span');
  title.textContent = text;
  row.append(title, control);
  return row;
}
