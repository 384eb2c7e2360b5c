import { dirname, relative } from 'node:path';
import type { DepthModel } from '../runtime/depth_model.js';
import { UsageError } from '../errors.js';
import { score, scoreMetric } from '../eval/scores.js';
import { scoreRows, summarizeScores, type PictureScores } from '../eval/report.js';
import { readPicture } from '../node/image_file.js';
import type { EvaluateCommand } from './arguments.js';
import { evaluateBenchmarks } from './benchmarks/evaluate_benchmarks.js';
import { findBenchmarks } from './benchmarks/find_benchmarks.js';
import { estimatedDisparity } from './estimated_disparity.js';
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
  const benchmarks = command.truth === undefined ? await findBenchmarks(command.data, command.protocol) : undefined;
  if (benchmarks) return evaluateBenchmarks(benchmarks, command, session);
  if (command.protocol !== undefined) throw noBenchmark(command.data, command.protocol);
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

function noBenchmark(source: string, protocol: string): UsageError {
  return new UsageError('EVAL_EMPTY', `${source}: there is no public benchmark that ${protocol} could score.`, {
    hint: 'docs/evaluation.md says which files tell a benchmark.',
    source,
  });
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
    const { values, disparity } = await estimatedDisparity(depth, pair.picture);
    const metric = depth.kind === 'metric';
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
