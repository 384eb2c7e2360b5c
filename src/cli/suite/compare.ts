import { join } from 'node:path';
import { DepthwiseError } from '../../errors.js';
import { truthOf } from '../../eval/disparity.js';
import { score } from '../../eval/scores.js';
import { lineThrough } from '../../eval/statistics.js';
import type { Size } from '../../image/size.js';
import { pictureOf, readPicture, type Picture } from '../../node/image_file.js';
import { ProtectedFiles } from '../../node/protected_files.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { CompareCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { findPictures, reasonIn, type FoundPicture, type Skipped } from '../find_pictures.js';
import { table } from '../models.js';
import { optional } from '../parse_options.js';
import { requireWritable } from '../places.js';
import type { Session } from '../session.js';
import { write } from '../write_outputs.js';
import { grayFigure, mapFigure, pictureFigure } from './figures.js';
import { eachModel, type LabelledModel } from './models.js';
import { writePage, type Figure, type Section } from './page.js';

/** Longer side of the pictures of the page, in pixels, on which maps are compared. */
const SIDE = 384;

/** What a model makes of a picture. */
interface Estimate {
  /** Its label. */
  readonly model: string;
  /** At the size of the page, of depth the inverse. */
  readonly disparity: Float64Array;
  /** Whether an inverse depth of 0 is infinitely far: in metres, and not in relative maps. */
  readonly metric: boolean;
  readonly milliseconds: number;
}

/** How far a map is from that of the first model. */
interface Agreement {
  /** Rank correlation. */
  readonly spearman: number;
  /** Mean relative difference of depth, after alignment. */
  readonly absRel: number;
}

interface Compared {
  readonly path: string;
  readonly size: Size;
  readonly picture: Uint8Array;
  readonly estimates: readonly Estimate[];
}

/** Runs models over the same pictures, and writes one page of how far they agree. */
export async function compareModels(command: CompareCommand, session: Session): Promise<number> {
  const { output, inputs } = command;
  await requireWritable('output', output);
  const found = await findPictures(inputs, output, session.signal);
  const pictures = found.pictures.filter(({ clip }) => !clip);
  const clips = found.pictures.filter(({ clip }) => clip);
  const skipped = [...found.skipped, ...clips.map(({ path }) => ({ path, reason: 'is a video, and no picture' }))];
  for (const each of skipped) passOver(each, session);
  const reads = await ProtectedFiles.of(pictures.map(({ path }) => path));
  const compared = pictures.length > 0 ? await estimateAll(pictures, command, session) : [];
  if (compared.length === 0) {
    if (pictures.length === 0) session.warn('there are no pictures there.');
    return 1;
  }
  const scores = compared.map(({ path, estimates }) => ({
    path,
    models: estimates.map((each) => scored(estimates, each)),
  }));
  const rows = meanRows(scores);
  session.print(table(rows));
  await write(join(output, 'scores.json'), `${JSON.stringify(scores, null, 2)}\n`, reads);
  const sections = async function* (): AsyncGenerator<Section> {
    yield { title: 'Means', rows };
    for (const each of compared) yield await sectionOf(each);
  };
  const head = { title: 'Depth models compared', intro: introOf(scores[0]?.models[0]?.model ?? '') };
  await writePage(output, head, sections(), reads);
  return skipped.length > 0 || compared.length < pictures.length ? 1 : 0;
}

function introOf(first: string): string {
  return (
    `Every map beside that of ${first}: rank correlation, and the mean relative difference ` +
    `of depth once one scale and one shift of inverse depth lay one map onto the other; where that is relative, its ` +
    `farthest pixel counts as infinitely far. Compared on ${SIDE} pixels along the longer side. Times are ` +
    `whole calls; the first of a size compiles too.`
  );
}

function passOver({ path, reason }: Skipped, session: Session): void {
  session.warn(`passed over: ${path} ${reason}.`);
}

/** What every model makes of the pictures; those that one of them cannot be asked about are passed over. */
async function estimateAll(
  pictures: readonly FoundPicture[],
  command: CompareCommand,
  session: Session,
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
        passOver({ path: found.path, reason: `is left out: ${reasonIn(error, found.path)}` }, session);
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
  return { ...shown, estimates: [...estimates, { ...made, model: label }] };
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

function scored([first]: readonly Estimate[], { model, disparity, milliseconds }: Estimate) {
  return { model, milliseconds, ...agreement(first as Estimate, disparity) };
}

/** Of a disparity with that of the first model. */
function agreement({ disparity: first, metric }: Estimate, disparity: Float64Array): Agreement {
  const zero = metric ? 0 : Math.min(...extremes(first));
  const truth = truthOf(
    first.map((value) => value - zero),
    { kind: 'inverse', zeroIsFar: true },
  );
  const { spearman, absRel } = score(disparity, truth);
  return { spearman, absRel };
}

function extremes(values: Float64Array): readonly [least: number, most: number] {
  return values.reduce<readonly [number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
}

type Score = ReturnType<typeof scored>;
const HEAD = ['', 'rank correlation', 'AbsRel', 'time'];
const cells = ({ model, spearman, absRel, milliseconds }: Score): string[] => [
  ...[model, spearman.toFixed(3), absRel.toFixed(3)],
  `${Math.round(milliseconds)} ms`,
];

function meanRows(scores: readonly { readonly models: readonly Score[] }[]): string[][] {
  const mean = (i: number, key: keyof Agreement | 'milliseconds') =>
    scores.reduce((sum, { models }) => sum + (models[i] as Score)[key], 0) / scores.length;
  const rows = (scores[0]?.models ?? []).map(({ model }, i) =>
    cells({ model, spearman: mean(i, 'spearman'), absRel: mean(i, 'absRel'), milliseconds: mean(i, 'milliseconds') }),
  );
  return [HEAD, ...rows];
}

async function sectionOf({ path, size, picture, estimates }: Compared): Promise<Section> {
  const first = estimates[0] as Estimate;
  const [least, most] = extremes(first.disparity);
  const figures: Figure[] = [{ caption: 'picture', png: await pictureFigure({ ...size, data: picture }) }];
  const differences: Figure[] = [];
  for (const { model, disparity } of estimates) {
    figures.push({ caption: model, png: await mapFigure(disparity, size) });
    if (disparity === first.disparity) continue;
    const { scale, shift } = lineThrough(disparity, first.disparity);
    const off = disparity.map((d, i) => (4 * Math.abs(scale * d + shift - first.disparity[i]!)) / (most - least || 1));
    const caption = `${model} less ${first.model}, aligned: white is a quarter of the range`;
    differences.push({ caption, png: await grayFigure(off, size) });
  }
  return {
    title: path,
    rows: [HEAD, ...estimates.map((each) => cells(scored(estimates, each)))],
    figures: [figures, differences],
  };
}
