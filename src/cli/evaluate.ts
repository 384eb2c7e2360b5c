import { dirname, relative } from 'node:path';
import type { DepthModel } from '../runtime/depth_model.js';
import { ImageError } from '../errors.js';
import { score, scoreMetric } from '../eval/scores.js';
import { scoreRows, summarizeScores, type PictureScores } from '../eval/report.js';
import { readPicture } from '../node/image_file.js';
import type { EvaluateCommand } from './arguments.js';
import { findPairs, type Pair } from './eval_pairs.js';
import { readTruth, sidecarsOf } from './eval_truth.js';
import { table } from './models.js';
import { requireWritable } from './places.js';
import { ProtectedFiles } from '../node/protected_files.js';
import { optional } from './parse_options.js';
import { chooseModel, loadModel, type Session } from './session.js';
import { write } from './write_outputs.js';

/**
 * Scores a model on every picture of a folder that has its true depth beside it. Any fault ends it: scores of a part of
 * the pictures are not the ones asked for.
 */
export async function evaluateModel(command: EvaluateCommand, session: Session): Promise<number> {
  const pairs = await findPairs(command.data);
  if (command.json !== undefined) await requireWritable('json', dirname(command.json));
  const files = pairs.flatMap(({ picture, depth }) => [picture, depth, ...sidecarsOf(depth)]);
  const reads = await ProtectedFiles.of(files);
  await reads.addWeights(command.weights);
  if (command.json !== undefined) await reads.refuse(command.json);
  const model = await loadModel(command, await chooseModel(command), session);
  try {
    const pictures: PictureScores[] = [];
    for (const pair of pairs) {
      session.showProgress(pair.picture, pictures.length, pairs.length);
      pictures.push(await scorePair(model, pair, command, session.signal));
    }
    const evaluation = summarizeScores(pictures);
    const { name, precision, adapter } = model.info;
    session.print(table(scoreRows(evaluation)));
    if (command.json !== undefined)
      await write(
        command.json,
        `${JSON.stringify({ model: name, precision, adapter, ...evaluation }, null, 2)}\n`,
        reads,
      );
    return 0;
  } finally {
    model.dispose();
    session.progress.clear();
  }
}

/** Disparity, of depth its inverse, is compared up to scale and shift; a metric model's depth as it is besides. */
async function scorePair(
  model: DepthModel,
  pair: Pair,
  { data, truth: kind, focalLength }: EvaluateCommand,
  signal: AbortSignal,
): Promise<PictureScores> {
  const picture = await readPicture(pair.picture);
  const truth = await readTruth(pair.depth, picture, kind);
  const depth = await model.estimate(picture, { signal, ...optional({ focalLength }) });
  try {
    const values = await depth.read();
    const metric = depth.kind === 'metric';
    const farther = depth.nearer === 'smaller';
    const unusable = values.filter((value) => !Number.isFinite(value) || (farther && value <= 0)).length;
    if (unusable > 0) {
      throw new ImageError(
        'EVAL_ESTIMATE',
        `${pair.picture}: ${unusable} of ${values.length} values of the estimate are not ` +
          `finite${farther ? ' or not positive' : ''}.`,
        { source: pair.picture, actual: unusable, expected: 0, phase: 'run' },
      );
    }
    const disparity = farther ? values.map((value) => 1 / value) : values;
    return {
      picture: relative(data, pair.picture),
      folder: pair.folder,
      ...score(disparity, truth),
      ...(metric ? scoreMetric(values, truth) : {}),
    };
  } finally {
    depth.dispose();
  }
}
