import { protocols, type ProtocolName } from '../../eval/protocols.js';
import { benchmarkRows, summarizeBenchmarks, type BenchmarkRow } from '../../eval/report.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { EvaluateCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { optional } from '../parse_options.js';
import { runEvaluation } from '../run_evaluation.js';
import type { Session } from '../session.js';
import type { FoundBenchmarks } from './find_benchmarks.js';
import type { Benchmark } from './sample.js';
import { scoreBenchmark, type EstimateDisparity } from './score_benchmark.js';

/** Scores a model on public benchmarks. Any fault ends it: scores of a part are not the ones asked for. */
export async function evaluateBenchmarks(
  { benchmarks, files, close }: FoundBenchmarks,
  command: EvaluateCommand,
  session: Session,
): Promise<number> {
  try {
    return await runEvaluation(files, command, session, async (model) => {
      const rows: BenchmarkRow[] = [];
      const total = benchmarks.reduce((sum, { samples }) => sum + samples.length, 0);
      let done = 0;
      const estimate = disparityOf(model, command, session.signal, (name) => {
        session.showProgress(name, done++, total);
      });
      for (const benchmark of benchmarks) for await (const row of scoreBenchmark(benchmark, estimate)) rows.push(row);
      const evaluation = summarizeBenchmarks(rows);
      return { rows: benchmarkRows(evaluation), scores: { protocols: sourcesOf(benchmarks), ...evaluation } };
    });
  } finally {
    await close();
  }
}

/** Where the protocols of benchmarks are from, by name; pairs of points have none. */
function sourcesOf(benchmarks: readonly Benchmark[]): Record<string, string> {
  return Object.fromEntries(
    benchmarks.flatMap(({ name }) => (name in protocols ? [[name, protocols[name as ProtocolName].source]] : [])),
  );
}

/** Inverse depth of a model: of depth, which has to be above 0, its inverse. */
function disparityOf(
  model: DepthModel,
  { focalLength }: EvaluateCommand,
  signal: AbortSignal,
  begin: (name: string) => void,
): EstimateDisparity {
  return async (picture, name) => {
    begin(name);
    const depth = await model.estimate(picture, { signal, ...optional({ focalLength }) });
    try {
      return (await estimatedDisparity(depth, name)).disparity;
    } finally {
      depth.dispose();
    }
  };
}
