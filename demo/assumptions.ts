import type { DepthMap } from 'depthwise';
import { goesByFocalLength } from './lens_models.js';
import { FLAT, type ViewSettings } from './view_settings.js';

/** What a map is of, and how much of the camera is known. */
export interface Origin {
  readonly map: Pick<DepthMap, 'kind' | 'model'>;
  /** Of the model. */
  readonly title: string;
  readonly lens: KnownLens | undefined;
}

/** How a camera saw. */
export interface KnownLens {
  /** From side to side, in degrees. */
  readonly angle: number;
  /** What says so, in words. */
  readonly by: string;
}

const MEANINGS = {
  'relative-inverse':
    'gives relative inverse depth, s / depth + t with s and t unknown: it ranks pixels and has no unit.',
  relative: 'gives relative depth, depth times an unknown scale: ratios mean something, and there is no unit.',
  metric: 'gives metres along the camera’s axis, as far as it learned them from pictures like this one.',
} as const;

/** The chain of assumptions between the picture and the numbers and views on show, in words. */
export function assumptions(
  { map, title, lens: known }: Origin,
  { far, angle, view }: Pick<ViewSettings, 'far' | 'angle' | 'view'>,
): string {
  const degrees = `${Number(angle.toFixed(1))}°`;
  const lens =
    angle === known?.angle
      ? `The picture spans ${degrees} from side to side, ${known.by}.`
      : `The picture is taken to span ${degrees} from side to side, which nothing in it says.`;
  const depth = `The farthest is taken to be ${far} times as far as the nearest, which no model of this kind says.`;
  const scale = goesByFocalLength(map.model) ? [lens, 'The metres go by that.'] : [lens];
  const scene = map.kind === 'metric' ? scale : [depth, lens];
  // Metres are measured in the map, by the angle.
  const flat = FLAT.has(view) && map.kind !== 'metric';
  return [`${title} ${MEANINGS[map.kind]}`, ...(flat ? [] : scene)].join(' ');
}
