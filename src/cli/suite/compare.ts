import { join } from 'node:path';
import { truthOf } from '../../eval/disparity.js';
import { score } from '../../eval/scores.js';
import { lineThrough } from '../../eval/statistics.js';
import type { Size } from '../../image/size.js';
import { pictureOf, readPicture, type Picture } from '../../node/image_file.js';
import { ProtectedFiles } from '../../node/protected_files.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { CompareCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { findPictures } from '../find_pictures.js';
import { table } from '../models.js';
import { optional } from '../parse_options.js';
import { requireWritable } from '../places.js';
import type { Session } from '../session.js';
import { write } from '../write_outputs.js';
import { grayFigure, mapFigure, pictureFigure } from './figures.js';
import { eachModel } from './models.js';
import { page, type Figure, type Section } from './page.js';

/** Longer side of the pictures of the page, in pixels, on which maps are compared. */
const SIDE = 384;

/** What a model makes of a picture. */
interface Estimate {
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
  readonly estimates: Estimate[];
}

/** Runs models over the same pictures, and writes one page of how far they agree. */
export async function compareModels(command: CompareCommand, session: Session): Promise<number> {
  const { output, inputs } = command;
  await requireWritable('output', output);
  const { pictures, skipped } = await findPictures(inputs, output, session.signal);
  for (const { path, reason } of skipped) session.warn(`passed over: ${path} ${reason}.`);
  if (pictures.length === 0) {
    session.warn('there are no pictures there.');
    return 1;
  }
  const reads = await ProtectedFiles.of(pictures.map(({ path }) => path));
  const compared: Compared[] = [];
  await eachModel(command, session, async (model) => {
    for (const [i, { path, bytes }] of pictures.entries()) {
      session.showProgress(`${model.info.name}: ${path}`, i, pictures.length);
      const onWarning = ({ message }: { message: string }) => session.warn(message);
      const picture = await (bytes ? pictureOf(bytes, path, { onWarning }) : readPicture(path, { onWarning }));
      compared[i] ??= { path, ...shrunk(picture), estimates: [] };
      compared[i].estimates.push(await estimate(model, picture, compared[i].size, path, command, session.signal));
    }
  });
  session.progress.clear();
  const scores = compared.map(({ path, estimates }) => ({
    path,
    models: estimates.map((each) => scored(estimates, each)),
  }));
  const rows = meanRows(scores);
  session.print(table(rows));
  await write(join(output, 'scores.json'), `${JSON.stringify(scores, null, 2)}\n`, reads);
  const sections = await Promise.all(compared.map(sectionOf));
  const intro =
    `Every map beside that of ${scores[0]?.models[0]?.model}: rank correlation, and the mean relative difference ` +
    `of depth once one scale and one shift of inverse depth lay one map onto the other; where that is relative, its ` +
    `farthest pixel counts as infinitely far. Compared on ${SIDE} pixels along the longer side. Times are ` +
    `whole calls; the first of a size compiles too.`;
  await write(
    join(output, 'index.html'),
    page('Depth models compared', intro, [{ title: 'Means', rows }, ...sections]),
    reads,
  );
  return skipped.length > 0 ? 1 : 0;
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
): Promise<Estimate> {
  const started = performance.now();
  const depth = await model.estimate(picture, { signal, ...optional({ inputSize, focalLength }) });
  try {
    const { disparity } = await estimatedDisparity(depth, path);
    const milliseconds = performance.now() - started;
    const small = Float64Array.from(placesOf(picture, size), (from) => disparity[from] as number);
    return { model: model.info.name, disparity: small, metric: depth.kind !== 'relative-inverse', milliseconds };
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
