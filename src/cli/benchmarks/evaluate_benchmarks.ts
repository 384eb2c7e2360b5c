import { dirname } from 'node:path';
import { protocols, type ProtocolName } from '../../eval/protocols.js';
import { benchmarkRows, summarizeBenchmarks, type BenchmarkRow } from '../../eval/report.js';
import { ProtectedFiles } from '../../node/protected_files.js';
import type { DepthModel } from '../../runtime/depth_model.js';
import type { EvaluateCommand } from '../arguments.js';
import { estimatedDisparity } from '../estimated_disparity.js';
import { table } from '../models.js';
import { optional } from '../parse_options.js';
import { requireWritable } from '../places.js';
import { chooseModel, loadModel, type Session } from '../session.js';
import { write } from '../write_outputs.js';
import type { FoundBenchmarks } from './find_benchmarks.js';
import { scoreBenchmark, type EstimateDisparity } from './score_benchmark.js';

/** Scores a model on public benchmarks. Any fault ends it: scores of a part are not the ones asked for. */
export async function evaluateBenchmarks(
  { benchmarks, files, close }: FoundBenchmarks,
  command: EvaluateCommand,
  session: Session,
): Promise<number> {
  try {
    if (command.json !== undefined) await requireWritable('json', dirname(command.json));
    const reads = await ProtectedFiles.of(files);
    await reads.addWeights(command.weights);
    if (command.json !== undefined) await reads.refuse(command.json);
    const model = await loadModel(command, await chooseModel(command), session);
    try {
      const rows: BenchmarkRow[] = [];
      const total = benchmarks.reduce((sum, { samples }) => sum + samples.length, 0);
      let done = 0;
      const estimate = disparityOf(model, command, session.signal, (name) => {
        session.showProgress(name, done++, total);
      });
      for (const benchmark of benchmarks) for await (const row of scoreBenchmark(benchmark, estimate)) rows.push(row);
      const evaluation = summarizeBenchmarks(rows);
      session.print(table(benchmarkRows(evaluation)));
      const { name, precision, adapter } = model.info;
      const sources = Object.fromEntries(
        benchmarks.flatMap(({ name: each }) =>
          each in protocols ? [[each, protocols[each as ProtocolName].source]] : [],
        ),
      );
      const scores = { model: name, precision, adapter, protocols: sources, ...evaluation };
      if (command.json !== undefined) await write(command.json, `${JSON.stringify(scores, null, 2)}\n`, reads);
      return 0;
    } finally {
      model.dispose();
      session.progress.clear();
    }
  } finally {
    await close();
  }
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
