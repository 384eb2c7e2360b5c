import { join } from 'node:path';
import { truthOf } from '../../eval/disparity.js';
import { score } from '../../eval/scores.js';
import { extremes, lineThrough } from '../../eval/statistics.js';
import { ProtectedFiles } from '../../node/protected_files.js';
import type { CompareCommand } from '../arguments.js';
import { findPictures, type Skipped } from '../find_pictures.js';
import { table } from '../models.js';
import { requireWritable } from '../places.js';
import type { Session } from '../session.js';
import { write } from '../write_outputs.js';
import { compareEstimates, SIDE, type Compared, type Estimate } from './compare_estimates.js';
import { grayFigure, mapFigure, pictureFigure } from './figures.js';
import { writePage, type Figure, type Section } from './page.js';

/** How far a map is from that of the first model. */
interface Agreement {
  /** Rank correlation. */
  readonly spearman: number;
  /** Mean relative difference of depth, after alignment. */
  readonly absRel: number;
}

/** Runs models over the same pictures, and writes one page of how far they agree. */
export async function compareModels(command: CompareCommand, session: Session): Promise<number> {
  const { output, inputs } = command;
  await requireWritable('output', output);
  const found = await findPictures(inputs, output, session.signal);
  const pictures = found.pictures.filter(({ clip }) => !clip);
  const clips = found.pictures.filter(({ clip }) => clip);
  const skipped: Skipped[] = [];
  const passOver = (each: Skipped) => {
    skipped.push(each);
    session.warn(`passed over: ${each.path} ${each.reason}.`);
  };
  for (const each of found.skipped) passOver(each);
  for (const { path } of clips) passOver({ path, reason: 'is a video, and no picture' });
  const reads = await ProtectedFiles.of(pictures.map(({ path }) => path));
  const compared = pictures.length > 0 ? await compareEstimates(pictures, command, session, passOver) : [];
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
    const passed = skipped.map(({ path, reason }) => [path, reason]);
    if (passed.length > 0) yield { title: 'Passed over', rows: [['', 'why'], ...passed] };
  };
  const head = { title: 'Depth models compared', intro: introOf(scores[0]?.models[0]?.model ?? '') };
  await writePage(output, head, sections(), reads);
  return skipped.length > 0 ? 1 : 0;
}

function introOf(first: string): string {
  return (
    `Maps are brighter where nearer. Every map beside that of ${first}: rank correlation, and the mean relative ` +
    `difference of depth once one scale and one shift of inverse depth lay one map onto the other; where that is ` +
    `relative, its farthest pixel counts as infinitely far. Compared on ${SIDE} pixels along the longer side. Times ` +
    `are whole calls; the first of a size compiles too.`
  );
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
  const figures: Figure[][] = [[{ caption: 'picture', png: await pictureFigure({ ...size, data: picture }) }]];
  for (const { model, disparity } of estimates) {
    const column = [{ caption: model, png: await mapFigure(disparity, size) }];
    figures.push(column);
    if (disparity === first.disparity) continue;
    const { scale, shift } = lineThrough(disparity, first.disparity);
    const off = disparity.map((d, i) => (4 * Math.abs(scale * d + shift - first.disparity[i]!)) / (most - least || 1));
    const caption = `${model} less ${first.model}, aligned: white is a quarter of the range`;
    column.push({ caption, png: await grayFigure(off, size) });
  }
  return {
    title: path,
    rows: [HEAD, ...estimates.map((each) => cells(scored(estimates, each)))],
    figures,
  };
}
