import { DepthwiseError } from '../src/errors.js';
import { kernelNames } from '../src/kernels/op.js';
import type { Gpu } from '../src/gpu/gpu.js';
import type { KernelSpec } from '../src/kernels/spec.js';
import { specs as shippedSpecs } from '../truth/specs.js';
import { seededCheckpoint } from '../truth/seeded_weights.js';
import type { Accuracy } from './document.js';
import { checkCases, resultId, runsCase } from './kernels.js';
import { checkModel, modelCases, modelId, type ModelCase } from './models.js';
import { Network } from './network.js';
import type { BenchHost } from './run_bench.js';

export interface SelfCheckOptions {
  /** Keeps checks whose name matches: `op/kernel dtype`, or model size dtype. */
  readonly filter?: RegExp;
  /** Specs to use instead of the shipped ones. */
  readonly specs?: readonly KernelSpec[];
}

/** What came of one check. */
export interface Checked {
  readonly id: string;
  readonly ok: boolean;
  /** In one line. */
  readonly says: string;
}

/** A CPU compiles every kernel for seconds: it gets this many cases of each. */
const SOFTWARE_CASES = 3;
/** Larger networks have no other kernels. */
const MODEL_GFLOP = 25;

/**
 * Holds every kernel that the device can run against f64 loops, on the cases of its spec, and the small models against
 * recordings of the published code. Nothing is timed. A fault of the library or the device is a failed check, not an
 * end.
 */
export async function selfCheck(
  host: BenchHost,
  { filter, specs = shippedSpecs }: SelfCheckOptions,
): Promise<Checked[]> {
  const gpu = await host.requestGpu();
  const found: Checked[] = [];
  const check = async (id: string, act: () => Promise<Accuracy>) => {
    if (filter && !filter.test(id)) return;
    const checked = { id, ...(await outcome(act)) };
    found.push(checked);
    host.print(`${checked.ok ? 'right' : 'WRONG'}  ${id}: ${checked.says}`);
  };
  try {
    for (const { spec, half, kernel } of kernels(specs, gpu)) {
      await check(resultId(spec.op.name, kernel, half, '').trim(), () =>
        checkCases(gpu, spec, half, kernel, gpu.facts.software ? SOFTWARE_CASES : Infinity),
      );
    }
    for (const model of modelCases(gpu.facts.f16)) {
      if (model.gflop <= MODEL_GFLOP) await check(modelId(model), () => checkNetwork(gpu, host, model));
    }
    return found;
  } finally {
    gpu.dispose();
  }
}

function kernels(specs: readonly KernelSpec[], { facts }: Gpu): { spec: KernelSpec; half: boolean; kernel: string }[] {
  return specs.flatMap((spec) =>
    [false, true].flatMap((half) => {
      if (half && (!facts.f16 || !spec.halfAttrs)) return [];
      const names = kernelNames(spec.op).filter((name) =>
        spec.cases.some((kase) => (!half || kase.half !== false) && runsCase(spec, kase, half, name, facts)),
      );
      return names.map((kernel) => ({ spec, half, kernel }));
    }),
  );
}

async function checkNetwork(gpu: Gpu, { files }: BenchHost, model: ModelCase): Promise<Accuracy> {
  const network = await Network.open(
    gpu,
    model.name,
    model.half ? 'f16' : 'f32',
    seededCheckpoint(await files.tensors(model.checkpoint)),
  );
  try {
    await network.compile(model.height, model.width);
    await network.upload();
    return await checkModel(files, model, network);
  } finally {
    network.store.dispose();
  }
}

async function outcome(act: () => Promise<Accuracy>): Promise<Pick<Checked, 'ok' | 'says'>> {
  try {
    const { ok, gateRatio, checked } = await act();
    return { ok, says: `${gateRatio.toFixed(2)} of the gate on ${checked}` };
  } catch (error) {
    if (!(error instanceof DepthwiseError)) throw error;
    return { ok: false, says: `${error.message} [${error.code}]` };
  }
}
