import { relative } from 'node:path';
import type { DepthModel } from '../runtime/depth_model.js';
import { UsageError } from '../errors.js';
import { score, scoreConfidence, scoreMetric } from '../eval/scores.js';
import { scoreRows, summarizeScores, type PictureScores } from '../eval/report.js';
import type { EvaluateCommand } from './arguments.js';
import { evaluateBenchmarks } from './benchmarks/evaluate_benchmarks.js';
import { findBenchmarks } from './benchmarks/find_benchmarks.js';
import { estimatedDisparity } from './estimated_disparity.js';
import { readScored } from './eval_picture.js';
import { findPairs, type Pair } from './eval_pairs.js';
import { readTruth, sidecarsOf } from './eval_truth.js';
import { evaluateVideo } from './evaluate_video.js';
import { optional } from './parse_options.js';
import { runEvaluation } from './run_evaluation.js';
import type { Session } from './session.js';

/**
 * Scores a model on every picture of a folder that has its true depth beside it. Any fault ends it: scores of a part of
 * the pictures are not the ones asked for.
 */
export async function evaluateModel(command: EvaluateCommand, session: Session): Promise<number> {
  if (command.video) return evaluateVideo(command, session);
  const benchmarks = command.truth === undefined ? await findBenchmarks(command.data, command.protocol) : undefined;
  if (benchmarks && command.confidence) {
    await benchmarks.close();
    throw new UsageError('OPTION_CONFLICT', '--confidence has no meaning for public benchmarks.', {
      hint: 'Their protocols do not score it.',
      source: command.data,
    });
  }
  if (benchmarks) return evaluateBenchmarks(benchmarks, command, session);
  if (command.protocol !== undefined) throw noBenchmark(command.data, command.protocol);
  const pairs = await findPairs(command.data);
  const files = pairs.flatMap(({ picture, depth }) => [picture, depth, ...sidecarsOf(depth)]);
  return runEvaluation(files, command, session, async (model) => {
    const pictures: PictureScores[] = [];
    for (const pair of pairs) {
      session.showProgress(pair.picture, pictures.length, pairs.length);
      pictures.push(await scorePair(model, pair, command, session.signal));
    }
    const evaluation = summarizeScores(pictures);
    return { rows: scoreRows(evaluation), scores: evaluation };
  });
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
  { data, truth: kind, focalLength, confidence }: EvaluateCommand,
  signal: AbortSignal,
): Promise<PictureScores> {
  const picture = await readScored(pair.picture);
  const truth = await readTruth(pair.depth, picture, kind);
  const depth = await model.estimate(picture, { signal, ...optional({ focalLength, confidence }) });
  try {
    const { values, disparity } = await estimatedDisparity(depth, pair.picture);
    const metric = depth.kind === 'metric';
    const sure = confidence ? await depth.confidence?.read() : undefined;
    return {
      picture: relative(data, pair.picture),
      folder: pair.folder,
      ...score(disparity, truth),
      ...(metric ? scoreMetric(values, truth) : {}),
      ...(sure ? scoreConfidence(sure, disparity, truth) : {}),
    };
  } finally {
    depth.dispose();
  }
}
