import { join } from 'node:path';
import { encodePfm } from '../../depth/formats/pfm.js';
import { failureCases, SEED, type FailureCase } from '../../eval/scenes/failures.js';
import { judge, truthOfRendering, UNSURE, type Answer, type Judgement } from '../../eval/scenes/judge.js';
import { render, type Rendering } from '../../eval/scenes/render.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { SuiteCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { table } from '../models.js';
import { requireWritable } from '../places.js';
import type { Session } from '../session.js';
import { write } from '../write_outputs.js';
import { grayFigure, mapFigure, pictureFigure } from './figures.js';
import { eachModel } from './models.js';
import { writePage, type Figure, type Section } from './page.js';

/** Of the pictures, in pixels. */
const SIZE = { width: 320, height: 240 };

interface Rendered {
  readonly question: FailureCase;
  /** Across the width, in degrees. */
  readonly fieldOfView: number;
  readonly rendering: Rendering;
}

/** What a model says of a case. */
interface Judged extends Judgement {
  readonly figures: readonly Figure[];
}

/** Renders the questions of the survey, asks models, and writes pictures, truths, scores and one page of it all. */
export async function runSuite(command: SuiteCommand, session: Session): Promise<number> {
  await requireWritable('output', command.output);
  const { seed = SEED } = command;
  const cases: Rendered[] = [];
  for (const question of failureCases) {
    session.showProgress(`rendering ${question.name}`, cases.length, failureCases.length);
    const scene = question.scene(seed, SIZE);
    cases.push({ question, fieldOfView: scene.camera.fieldOfView, rendering: render(scene, SIZE) });
  }
  await writePictures(command.output, cases);
  const models: { readonly name: string; readonly judged: readonly Judged[] }[] = [];
  await eachModel(command, session, async ({ model, label }) => {
    const judged: Judged[] = [];
    for (const each of cases) {
      session.showProgress(each.question.name, judged.length, cases.length);
      judged.push(await ask(model, label, each, session.signal));
    }
    models.push({ name: label, judged });
  });
  session.progress.clear();
  const rows = [
    ['', ...models.map(({ name }) => name)],
    ...cases.map(({ question: { name } }, i) => [name, ...models.map(({ judged }) => shown(judged[i] as Judged))]),
    [
      'as good as asked',
      ...models.map(({ judged }) => `${judged.filter(({ good }) => good).length} of ${cases.length}`),
    ],
  ];
  session.print(table(rows));
  const scores = Object.fromEntries(
    models.map(({ name, judged }) => [name, judged.map(({ figures: _figures, ...judgement }) => judgement)]),
  );
  await write(join(command.output, 'scores.json'), `${JSON.stringify(scores, null, 2)}\n`);
  const intro =
    `Rendered pictures with known depth, of seed ${seed}. Passed: every number is within its threshold. Doubted: ` +
    `not, but the mean confidence of what is asked about is at most ${UNSURE}; where the picture leaves the answer ` +
    `open, that is as good. Failed: neither. Maps are brighter where nearer, and hatched where confidence is below ` +
    `${UNSURE}.`;
  const sections = async function* (): AsyncGenerator<Section> {
    yield { title: 'Results', rows };
    for (const [i, each] of cases.entries())
      yield await sectionOf(
        each,
        models.map(({ name, judged }) => ({ name, judged: judged[i] as Judged })),
      );
  };
  await writePage(command.output, { title: 'Depth: where models fail', intro }, sections());
  return 0;
}

/** Pictures with their truth, as `depthwise eval --data` reads them. */
async function writePictures(folder: string, cases: readonly Rendered[]): Promise<void> {
  for (const { question, rendering } of cases) {
    const { width, height } = rendering;
    await write(join(folder, `${question.name}.png`), await pictureFigure(rendering));
    const disparity = Float32Array.from(truthOfRendering(rendering).disparity);
    await write(join(folder, `${question.name}.pfm`), encodePfm(disparity, width, height));
  }
  await write(join(folder, 'depth.json'), '{ "kind": "inverse", "zeroIsFar": true }\n');
}

async function ask(
  model: DepthModel,
  label: string,
  { question, fieldOfView, rendering }: Rendered,
  signal: AbortSignal,
): Promise<Judged> {
  const { data, width, height } = rendering;
  const picture = { data, width, height, channels: 4, focalLength: focalOf(fieldOfView, width) } as const;
  const depth = await model.estimate(picture, { confidence: true, signal });
  try {
    const { disparity } = await estimatedDisparity(depth, question.name);
    const confidence = (await depth.confidence?.read()) ?? new Float32Array(width * height);
    const figures = [
      { caption: `map of ${label}`, png: await mapFigure(disparity, rendering, confidence) },
      { caption: `confidence of ${label}`, png: await grayFigure(confidence, rendering) },
    ];
    return { ...judge(question, rendering, disparity, confidence), figures };
  } finally {
    depth.dispose();
  }
}

/** In pixels, for models that need it. */
function focalOf(fieldOfView: number, width: number): number {
  return width / 2 / Math.tan((fieldOfView * Math.PI) / 360);
}

function shown({ verdict, answers }: Judgement): string {
  // Next to nothing has no sign.
  const rounded = answers.map(({ value }) => value.toFixed(2).replace(/^-(0\.0+)$/, '$1'));
  return `${verdict} ${rounded.join(', ')}`;
}

async function sectionOf(
  { question, rendering }: Rendered,
  models: readonly { readonly name: string; readonly judged: Judged }[],
): Promise<Section> {
  const own: Figure[] = [
    { caption: 'picture', png: await pictureFigure(rendering) },
    { caption: 'truth', png: await mapFigure(truthOfRendering(rendering).disparity, rendering) },
  ];
  const limit = ({ better, threshold }: Answer) => `at ${better === 'more' ? 'least' : 'most'} ${threshold}`;
  return {
    title: question.name,
    text: question.question,
    rows: [
      ['model', 'result', 'what is measured', 'value', 'asked', 'confidence there', 'elsewhere'],
      ...models.flatMap(({ name, judged: { verdict, answers, confidence, elsewhere } }) =>
        answers.map((answer) => [
          ...[name, verdict, answer.what, answer.value.toFixed(3), limit(answer)],
          ...[confidence.toFixed(2), elsewhere?.toFixed(2) ?? ''],
        ]),
      ),
    ],
    figures: [...own.map((figure) => [figure]), ...models.map(({ judged }) => judged.figures)],
  };
}
