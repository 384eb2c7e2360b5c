import { BOUNDS, DEFAULTS, LAYOUTS, SKIES, SURFACES, VIEWS, type ViewSettings } from './view_settings.js';

/**
 * What a link to the page may ask for: `?model=NAME&weights=URL&image=URL&size=PIXELS&colormap=NAME&invert=1`, and
 * settings of the view. The page writes the same behind `#`, where it counts more.
 */
export interface Parameters {
  readonly model?: string | undefined;
  /** URL or `hf:org/repo@revision`. */
  readonly weights?: string | undefined;
  readonly image?: string | undefined;
  readonly size?: string | undefined;
  readonly colormap?: string | undefined;
  readonly invert?: string | undefined;
  /** The second model of a comparison. */
  readonly other?: string | undefined;
}

const NAMES = [
  'model',
  'weights',
  'image',
  'size',
  'colormap',
  'invert',
  'other',
] as const satisfies (keyof Parameters)[];

export function readParameters({ search, hash }: Pick<Location, 'search' | 'hash'>): Parameters {
  const query = queryOf({ search, hash });
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) || undefined]));
}

/** How a link wants the picture to be looked at; what it says wrongly or not at all is as usual. */
export function readSettings(location: Pick<Location, 'search' | 'hash'>): ViewSettings {
  const query = queryOf(location);
  const settings: ViewSettings = { ...DEFAULTS };
  const words = { view: VIEWS, layout: LAYOUTS, surface: SURFACES, sky: SKIES };
  for (const [name, known] of Object.entries(words)) {
    const word = query.get(name);
    if ((known as readonly (string | null)[]).includes(word)) Object.assign(settings, { [name]: word });
  }
  for (const name of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]) {
    const value = Number(query.get(name) || NaN);
    const [least, most] = BOUNDS[name];
    if (value >= least && value <= most) settings[name] = value;
  }
  return settings;
}

/** The part of a link behind `#` that asks for what is shown, over what its query asks for. */
export function linkTo(parameters: Parameters, settings: ViewSettings, search: string): string {
  const before = queryOf({ search, hash: '' });
  const query = new URLSearchParams();
  const note = (name: string, value: string | undefined, usual: string) => {
    if ((value ?? '') !== (before.get(name) ?? usual)) query.set(name, value ?? '');
  };
  for (const name of NAMES) note(name, parameters[name], '');
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = settings[name as keyof ViewSettings];
    note(name, typeof value === 'number' ? String(Number(value.toFixed(3))) : value, String(usual));
  }
  return `#${query}`;
}

function queryOf({ search, hash }: Pick<Location, 'search' | 'hash'>): URLSearchParams {
  const query = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(hash.slice(1))) query.set(name, value);
  return query;
}
