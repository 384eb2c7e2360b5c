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

/** A map, with what a model says of the lens. */
interface SeenMap {
  readonly width: number;
  /** In pixels of the map. */
  readonly focalLength?: number | undefined;
  /** Degrees from side to side: asked only where nothing else is known. */
  fieldOfView?(): Promise<number | undefined>;
}

/** A picture, with the focal length in its pixels as its EXIF data have it. */
interface SeenPicture {
  readonly width: number;
  readonly exif: number | undefined;
}

/**
 * The lens of a picture, by the first that is known of options, EXIF data and model; or else the one assumed.
 * @throws UsageError `OPTION_VALUE`, `OPTION_CONFLICT`
 */
export async function findLens(
  { fieldOfView, focalLength }: LensOptions,
  map: SeenMap,
  { width, exif }: SeenPicture,
): Promise<Lens> {
  const half = map.width / 2;
  const ofAngle = (degrees: number, source: Lens['source']): Lens => {
    return { focalLength: half / Math.tan((degrees * Math.PI) / 360), fieldOfView: degrees, source };
  };
  const ofLength = (pixels: number, source: Lens['source']): Lens => {
    return { focalLength: pixels, fieldOfView: (360 / Math.PI) * Math.atan(half / pixels), source };
  };
  if (fieldOfView !== undefined && focalLength !== undefined)
    throw new UsageError('OPTION_CONFLICT', 'fieldOfView and focalLength exclude each other.', { phase: 'build' });
  if (fieldOfView !== undefined) {
    checkNumber('fieldOfView', fieldOfView, LEAST, MOST);
    return ofAngle(fieldOfView, 'given');
  }
  const scale = map.width / width;
  if (focalLength !== undefined) {
    checkNumber('focalLength', focalLength, 1e-3 * width, 1e3 * width);
    return ofLength(focalLength * scale, 'given');
  }
  if (exif !== undefined) return ofLength(exif * scale, 'exif');
  if (map.focalLength !== undefined) return ofLength(map.focalLength, 'model');
  const degrees = (await map.fieldOfView?.()) ?? 0;
  return degrees >= LEAST && degrees <= MOST ? ofAngle(degrees, 'model') : ofAngle(ASSUMED_FIELD_OF_VIEW, 'assumed');
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
