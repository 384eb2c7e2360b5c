import { UsageError } from '../errors.js';

/** Degrees that a picture is taken to span from side to side where nothing is known of its camera. */
export const ASSUMED_FIELD_OF_VIEW = 60;
/** Degrees that a lens may have. */
const [LEAST, MOST] = [1, 170];

/** How the camera of a picture saw: a pinhole in the middle of the picture, without distortion. */
export interface Lens {
  /** In pixels of the depth map. */
  readonly focalLength: number;
  /** From side to side, in degrees. */
  readonly fieldOfView: number;
  /** Where it is known from: an option, EXIF data of the picture, the model, or nowhere, which makes it 60°. */
  readonly source: 'given' | 'exif' | 'model' | 'assumed';
}

/** What says how a camera saw; the first that is there counts. */
export interface LensOptions {
  /** From side to side, in degrees. */
  readonly fieldOfView?: number | undefined;
  /** In pixels of the picture. */
  readonly focalLength?: number | undefined;
}

/** What is known of a lens without options; the first that is there counts. */
interface KnownLens {
  /** Focal length in pixels of the picture, as its EXIF data have it. */
  readonly exif?: number | undefined;
  /** Focal length in pixels of the map, as a model has it. */
  readonly model?: number | undefined;
  /** Asks the network of the map how many degrees it spans from side to side. */
  estimate?(): Promise<number | undefined>;
}

interface Sizes {
  /** Pixels from side to side. */
  readonly map: number;
  readonly picture: number;
}

/**
 * The lens of a picture, by the first that is known of options, EXIF data and model, which is asked only then.
 * @throws UsageError `OPTION_VALUE`, `OPTION_CONFLICT`
 */
export async function findLens(
  { fieldOfView, focalLength }: LensOptions,
  known: KnownLens,
  { map, picture }: Sizes,
): Promise<Lens> {
  if (fieldOfView !== undefined && focalLength !== undefined)
    throw new UsageError('OPTION_CONFLICT', 'fieldOfView and focalLength exclude each other.', { phase: 'build' });
  if (fieldOfView !== undefined) {
    checkNumber('fieldOfView', fieldOfView, LEAST, MOST);
    return spanning(fieldOfView, map, 'given');
  }
  const scale = map / picture;
  if (focalLength !== undefined) {
    checkNumber('focalLength', focalLength, 1e-3 * picture, 1e3 * picture);
    return lensOf(focalLength * scale, map, 'given');
  }
  if (known.exif !== undefined) return lensOf(known.exif * scale, map, 'exif');
  if (known.model !== undefined) return lensOf(known.model, map, 'model');
  const estimated = await known.estimate?.();
  if (estimated !== undefined && estimated >= LEAST && estimated <= MOST) return spanning(estimated, map, 'model');
  return spanning(ASSUMED_FIELD_OF_VIEW, map, 'assumed');
}

function spanning(fieldOfView: number, width: number, source: Lens['source']): Lens {
  return { focalLength: width / 2 / Math.tan((fieldOfView * Math.PI) / 360), fieldOfView, source };
}

function lensOf(focalLength: number, width: number, source: Lens['source']): Lens {
  return { focalLength, fieldOfView: (360 / Math.PI) * Math.atan(width / 2 / focalLength), source };
}

/** @throws UsageError `OPTION_VALUE` unless the value lies in a range */
export function checkNumber(name: string, value: number, least: number, most: number): void {
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw new UsageError('OPTION_VALUE', `The option ${name} is ${value}; expected a number from ${least} to ${most}.`, {
    expected: [least, most],
    actual: value,
    phase: 'build',
  });
}
