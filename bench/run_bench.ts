import { DepthwiseError } from '../src/errors.js';
import type { Gpu } from '../src/gpu/gpu.js';
import type { KernelSpec } from '../src/kernels/spec.js';
import { specs as shippedSpecs } from '../truth/specs.js';
import { emptyDispatch } from './ceiling_ops.js';
import { measurePeaks } from './ceilings.js';
import { Clock, recordOf } from './clock.js';
import { SCHEMA, type BenchDocument, type KernelResult, type ModelResult, type Protocol } from './document.js';
import { environmentOf, headerText, type Surroundings } from './environment.js';
import { benchCase, benchCases, resultId, type BenchCase, type BenchContext } from './kernels.js';
import { OpRun } from '../truth/op_run.js';
import { benchModel, modelCases, modelId, type ModelFiles } from './models.js';
import { kernelLine, modelLine, peaksLine } from './table.js';
import type { Op } from '../src/kernels/op.js';

/** A part of the bench. */
export type Section = 'ceilings' | 'kernels' | 'models';

export interface BenchOptions {
  readonly sections: readonly Section[];
  /** Keeps cases whose id matches. */
  readonly filter?: RegExp;
  readonly samples: number;
  /**
   * The smallest case of each op, few samples, no models unless a section asks for them: to see that everything works.
   */
  readonly quick: boolean;
  /** Cases with more work are left out; undefined means no bound on a GPU and a small one on a CPU. */
  readonly maxGflop?: number;
  readonly rankSoftware: boolean;
  /** Keeps caches from serving what real use would fetch from memory: kernels take turns on copies of their buffers. */
  readonly cold?: boolean;
  /** Specs to use instead of the shipped ones. */
  readonly specs?: readonly KernelSpec[];
  /** Ends the run early, between cases. */
  readonly signal?: AbortSignal;
}

/** What the bench takes from where it runs. */
export interface BenchHost {
  readonly requestGpu: () => Promise<Gpu>;
  readonly files: ModelFiles;
  readonly surroundings: Surroundings;
  readonly tool: BenchDocument['tool'];
  /** Told of every finished case, in one line. */
  readonly print: (line: string) => void;
}

const SOFTWARE_KERNEL_GFLOP = 4;
const SOFTWARE_QUICK_GFLOP = 0.3;
const SOFTWARE_MODEL_GFLOP = 25;

type Skipped = BenchDocument['skipped'][number];

/** Runs the bench and returns its document. */
export async function runBench(host: BenchHost, options: BenchOptions): Promise<BenchDocument> {
  const gpu = await host.requestGpu();
  const clock = new Clock(gpu.device);
  try {
    await findQuantum(gpu, clock);
    const protocol = protocolOf(options, gpu.facts.software);
    const head = {
      schema: SCHEMA as typeof SCHEMA,
      date: new Date().toISOString(),
      tool: host.tool,
      env: environmentOf(gpu, host.surroundings),
      clock: { source: clock.source, quantumNs: clock.quantumNs },
      protocol,
    };
    headerText(head).forEach(host.print);
    const peaks = options.sections.includes('ceilings') ? await measurePeaks(gpu, clock, protocol) : {};
    host.print(peaksLine(peaks));
    const skipped: Skipped[] = [];
    const results = options.sections.includes('kernels')
      ? await benchKernels(host, options, { gpu, clock, protocol, peaks }, skipped)
      : [];
    const models = options.sections.includes('models') ? await benchModels(host, options, gpu, protocol, skipped) : [];
    return { ...head, peaks, results, models, peers: [], skipped };
  } finally {
    clock.dispose();
    gpu.dispose();
  }
}

async function benchKernels(
  host: BenchHost,
  options: BenchOptions,
  context: BenchContext,
  skipped: Skipped[],
): Promise<KernelResult[]> {
  const { gpu, protocol } = context;
  const results: KernelResult[] = [];
  for (const kase of chosenCases(options, gpu)) {
    options.signal?.throwIfAborted();
    if (kase.flops > 1e9 * protocol.maxGflop) {
      skipped.push({ id: caseId(kase), reason: `more than ${protocol.maxGflop} GFLOP` });
      continue;
    }
    try {
      for (const result of await benchCase(context, kase)) {
        results.push(result);
        host.print(kernelLine(result));
      }
    } catch (error) {
      if (!(error instanceof DepthwiseError) || gpu.lost) throw error;
      skipped.push({ id: caseId(kase), reason: error.message });
    }
  }
  return results;
}

async function benchModels(
  host: BenchHost,
  { filter, maxGflop, quick, signal }: BenchOptions,
  { facts }: Gpu,
  protocol: Protocol,
  skipped: Skipped[],
): Promise<ModelResult[]> {
  const limit = maxGflop ?? (facts.software ? SOFTWARE_MODEL_GFLOP : Infinity);
  const results: ModelResult[] = [];
  // A software adapter has f16, at no gain: one precision shows all there is to see.
  for (const model of modelCases(facts.f16 && !facts.software && !quick)) {
    signal?.throwIfAborted();
    if (filter && !filter.test(modelId(model))) continue;
    if (model.gflop > limit) {
      skipped.push({ id: modelId(model), reason: `more than ${limit} GFLOP` });
      continue;
    }
    try {
      const result = await benchModel({ protocol, requestGpu: host.requestGpu, files: host.files }, model);
      results.push(result);
      host.print(modelLine(result));
    } catch (error) {
      if (!(error instanceof DepthwiseError)) throw error;
      skipped.push({ id: modelId(model), reason: error.message });
    }
  }
  return results;
}

function chosenCases({ filter, quick, specs = shippedSpecs }: BenchOptions, { facts }: Gpu): BenchCase[] {
  const cases = benchCases(specs, facts).filter((kase) => !filter || filter.test(caseId(kase)));
  if (!quick) return cases;
  const smallest = new Map<string, BenchCase>();
  for (const kase of cases.filter(({ half }) => !half)) {
    const known = smallest.get(kase.spec.op.name);
    if (!known || kase.flops < known.flops) smallest.set(kase.spec.op.name, kase);
  }
  return [...smallest.values()];
}

function caseId({ spec, kernels, half, kase }: BenchCase): string {
  return resultId(spec.op.name, kernels.join('|'), half, kase.name);
}

function protocolOf(
  { samples, quick, maxGflop, rankSoftware, cold = false }: BenchOptions,
  software: boolean,
): Protocol {
  return {
    samples,
    minPassMs: quick ? 0.2 : 2,
    quantaPerPass: 200,
    stableWithin: 0.02,
    warmUpBlocks: quick ? 1 : software ? 4 : 10,
    warmUpMs: 10_000,
    order: 'ABBA',
    ...(cold ? { cold } : {}),
    maxGflop: maxGflop ?? (!software ? Number.MAX_VALUE : quick ? SOFTWARE_QUICK_GFLOP : SOFTWARE_KERNEL_GFLOP),
    rankSoftware,
  };
}

async function findQuantum(gpu: Gpu, clock: Clock): Promise<void> {
  const run = await OpRun.compile(gpu, emptyDispatch as unknown as Op, {}, {}, 'store');
  try {
    await clock.findQuantum(recordOf(run));
  } finally {
    run.dispose();
  }
}
