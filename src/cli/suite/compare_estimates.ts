import { DepthwiseError, ImageError } from '../../errors.js';
import { extremes } from '../../eval/statistics.js';
import type { Size } from '../../image/size.js';
import { pictureOf, readPicture, type Picture } from '../../node/image_file.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { CompareCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { reasonIn, type FoundPicture, type Skipped } from '../find_pictures.js';
import { optional } from '../parse_options.js';
import type { Session } from '../session.js';
import { eachModel, type LabelledModel } from './models.js';

/** Longer side of the pictures of the page, in pixels, on which maps are compared. */
export const SIDE = 384;

/** What a model makes of a picture. */
export interface Estimate {
  /** Its label. */
  readonly model: string;
  /** At the size of the page, of depth the inverse. */
  readonly disparity: Float64Array;
  /** Whether an inverse depth of 0 is infinitely far: in metres, and not in relative maps. */
  readonly metric: boolean;
  readonly milliseconds: number;
}

/** A picture, and what all models make of it. */
export interface Compared {
  readonly path: string;
  readonly size: Size;
  readonly picture: Uint8Array;
  readonly estimates: readonly Estimate[];
}

/** What every model makes of the pictures; those that one of them cannot be asked about are passed over. */
export async function compareEstimates(
  pictures: readonly FoundPicture[],
  command: CompareCommand,
  session: Session,
  passOver: (skipped: Skipped) => void,
): Promise<Compared[]> {
  let rest = pictures;
  const compared = new Map<FoundPicture, Compared>();
  await eachModel(command, session, async (labelled) => {
    for (const [i, found] of rest.entries()) {
      session.showProgress(`${labelled.label}: ${found.path}`, i, rest.length);
      try {
        compared.set(found, await addEstimate(compared.get(found), found, labelled, command, session));
      } catch (error) {
        if (!(error instanceof DepthwiseError)) throw error;
        compared.delete(found);
        passOver({ path: found.path, reason: `is left out: ${reasonIn(error, found.path)}` });
      }
    }
    rest = rest.filter((found) => compared.has(found));
  });
  session.progress.clear();
  return [...compared.values()];
}

async function addEstimate(
  before: Compared | undefined,
  { path, bytes }: FoundPicture,
  { model, label }: LabelledModel,
  command: CompareCommand,
  session: Session,
): Promise<Compared> {
  const onWarning = ({ message }: { message: string }) => session.warn(message);
  const picture = await (bytes ? pictureOf(bytes, path, { onWarning }) : readPicture(path, { onWarning }));
  const { estimates, ...shown } = before ?? { path, ...shrunk(picture), estimates: [] };
  const made = await estimate(model, picture, shown.size, path, command, session.signal);
  if (!before) requireDepths(made, path, label);
  return { ...shown, estimates: [...estimates, { ...made, model: label }] };
}

/** The others are laid onto the first map, which nothing can be laid onto where it is the same everywhere. */
function requireDepths({ disparity }: Omit<Estimate, 'model'>, path: string, label: string): void {
  const [least, most] = extremes(disparity);
  if (least < most) return;
  const what = `the map of ${label} is ${least} everywhere, and the others are compared with it`;
  throw new ImageError('EVAL_ESTIMATE', `${path}: ${what}.`, { source: path, expected: 2, actual: 1, phase: 'run' });
}

/** The picture as the page shows it. */
function shrunk({ data, width, height }: Picture): { readonly size: Size; readonly picture: Uint8Array } {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const places = placesOf({ width, height }, size);
  const picture = new Uint8Array(4 * size.width * size.height);
  places.forEach((from, i) => picture.set(data.subarray(4 * from, 4 * from + 4), 4 * i));
  return { size, picture };
}

/** Index of the pixel in the middle of what each pixel of the smaller size covers. */
function placesOf(whole: Size, size: Size): Uint32Array {
  return Uint32Array.from({ length: size.width * size.height }, (_, i) => {
    const x = Math.floor((((i % size.width) + 0.5) * whole.width) / size.width);
    return Math.floor(((Math.floor(i / size.width) + 0.5) * whole.height) / size.height) * whole.width + x;
  });
}

async function estimate(
  model: DepthModel,
  picture: Picture,
  size: Size,
  path: string,
  { inputSize, focalLength }: CompareCommand,
  signal: AbortSignal,
): Promise<Omit<Estimate, 'model'>> {
  const started = performance.now();
  const depth = await model.estimate(picture, { signal, ...optional({ inputSize, focalLength }) });
  try {
    const { disparity } = await estimatedDisparity(depth, path);
    const milliseconds = performance.now() - started;
    const small = Float64Array.from(placesOf(picture, size), (from) => disparity[from] as number);
    return { disparity: small, metric: depth.kind !== 'relative-inverse', milliseconds };
  } finally {
    depth.dispose();
  }
}
