import type { DeviceFacts, Gpu } from '../src/gpu/gpu.js';
import { kernelNames, makeKernel, runsOn } from '../src/kernels/op.js';
import { gateOf, type KernelCase, type KernelSpec } from '../src/kernels/spec.js';
import { byteLength, numel, type TensorType } from '../src/tensor.js';
import type { Clock, Record as RecordPass } from './clock.js';
import { copiesFor, rotating } from './cold_caches.js';
import type { Accuracy, KernelResult, Peaks, Protocol } from './document.js';
import { attrsOf, inputTypes, storedInputs, type Stored } from '../truth/inputs.js';
import { OpRun } from '../truth/op_run.js';
import { measure, repeatsFor } from './measure.js';
import { accuracyOf, truthOf } from './accuracy.js';

/** One perf shape of an op in one precision, with the kernels to time on it. */
export interface BenchCase {
  readonly spec: KernelSpec;
  readonly kase: KernelCase<unknown>;
  readonly half: boolean;
  readonly kernels: readonly string[];
  readonly flops: number;
}

export interface BenchContext {
  readonly gpu: Gpu;
  readonly clock: Clock;
  readonly protocol: Protocol;
  readonly peaks: Peaks;
}

/** Name of a result: `op/kernel dtype case`. */
export function resultId(op: string, kernel: string, half: boolean, kase: string): string {
  return `${op}/${kernel} ${half ? 'f16' : 'f32'} ${kase}`;
}

/** Every perf shape of every op, in f32 and where the device has it in half precision, with all kernels that apply. */
export function benchCases(specs: readonly KernelSpec[], facts: DeviceFacts): BenchCase[] {
  return specs.flatMap((spec) =>
    spec.perf.flatMap((kase) =>
      [false, true].flatMap((half): BenchCase[] => {
        if (half && (!facts.f16 || !spec.halfAttrs || kase.half === false)) return [];
        const [types, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
        const kernels = kernelNames(spec.op).filter((name) => runsCase(spec, kase, half, name, facts));
        return [{ spec, kase, half, kernels, flops: spec.op.cost(types, attrs, spec.op.infer(types, attrs)).flops }];
      }),
    ),
  );
}

/** Checks and times all kernels of a case, taking turns. @throws Error when the device cannot run it */
export async function benchCase(
  context: BenchContext,
  { spec, kase, half, kernels, flops }: BenchCase,
): Promise<KernelResult[]> {
  const { gpu, clock, protocol, peaks } = context;
  const attrs = attrsOf(spec, kase, half);
  const inputs = storedInputs(spec, kase, half);
  const runs: OpRun[] = [];
  try {
    const compile = async (kernel: string) => {
      const run = await OpRun.compile(gpu, spec.op, inputs, attrs, kernel, spec.texelFormat?.(attrs));
      runs.push(run);
      return run;
    };
    const firsts: OpRun[] = [];
    for (const kernel of kernels) firsts.push(await compile(kernel));
    const accuracies = await checkAll(gpu, spec, kase, half, inputs, firsts, kernels);
    const bytes = [
      ...Object.values(inputs),
      ...Object.values((firsts[0] as OpRun).outputs).map((type) => ({ type })),
    ].reduce((sum, { type }) => sum + storageBytes(type), 0);
    const records: RecordPass[] = [];
    const copies = protocol.cold ? copiesFor(bytes) : 1;
    for (const [i, first] of firsts.entries())
      records.push(await rotating(first, copies, () => compile(kernels[i] as string)));
    const repeats: number[] = [];
    for (const record of records) repeats.push(repeatsFor(await clock.estimate(record), clock.quantumNs, protocol));
    const measured = await measure(
      records.map((record, i) => ({ sample: () => clock.perRepeat(record, repeats[i] as number) })),
      protocol,
    );
    return kernels.map((kernel, i): KernelResult => {
      const { ms, stable } = measured[i] as (typeof measured)[number];
      const [gflops, gbs] = [flops / ms.median / 1e6, bytes / ms.median / 1e6];
      const result = {
        id: resultId(spec.op.name, kernel, half, kase.name),
        op: spec.op.name,
        kernel,
        case: kase.name,
        shape: kase.inputs,
        dtype: half ? ('f16' as const) : ('f32' as const),
        flops,
        bytes,
        repeats: repeats[i] as number,
        ...(protocol.cold ? { copies } : {}),
        ms,
        stable,
        gflops,
        gbs,
      };
      return { ...result, ...shares(peaks, gflops, flops / bytes, gbs), ...(accuracies[i] as Accuracy) };
    });
  } finally {
    for (const run of runs) run.dispose();
  }
}

/** Shares of the FMA ceiling and of the roofline, in percent. */
function shares(
  { fmaF32, copyGBs }: Peaks,
  gflops: number,
  intensity: number,
  gbs: number,
): Pick<KernelResult, 'pctPeak' | 'pctRoof'> {
  const peak = fmaF32 === undefined ? {} : { pctPeak: (100 * gflops) / fmaF32 };
  if (fmaF32 === undefined || copyGBs === undefined) return peak;
  return {
    ...peak,
    pctRoof: intensity > 0 ? (100 * gflops) / Math.min(fmaF32, copyGBs * intensity) : (100 * gbs) / copyGBs,
  };
}

/** The truth of the case itself or, where the reference would take too long, the worst of the op's own cases. */
async function checkAll(
  gpu: Gpu,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  half: boolean,
  inputs: Record<string, Stored>,
  runs: readonly OpRun[],
  kernels: readonly string[],
): Promise<Accuracy[]> {
  const truth = truthOf(spec, kase, attrsOf(spec, kase, half), inputs);
  const accuracies: Accuracy[] = [];
  for (const [i, run] of runs.entries())
    accuracies.push(
      truth
        ? accuracyOf({ ...truth, gate: gateOf(spec, kase, kernels[i] as string) }, await run.results())
        : await standIns(gpu, spec, half, kernels[i] as string),
    );
  return accuracies;
}

/** Cases of the op that a check may use in place of a large shape. */
const STAND_INS = 3;

async function standIns(gpu: Gpu, spec: KernelSpec, half: boolean, kernel: string): Promise<Accuracy> {
  const accuracy = await checkCases(gpu, spec, half, kernel, STAND_INS);
  return { ...accuracy, checked: `${accuracy.checked}, not this one` };
}

/**
 * The worst of an op's own small cases on a kernel, of at most `most` that it takes. @throws Error when the
 * device cannot run it
 */
export async function checkCases(
  gpu: Gpu,
  spec: KernelSpec,
  half: boolean,
  kernel: string,
  most: number,
): Promise<Accuracy> {
  const cases = spec.cases
    .filter((kase) => (!half || kase.half !== false) && runsCase(spec, kase, half, kernel, gpu.facts))
    .slice(0, most);
  const found: Accuracy[] = [];
  for (const kase of cases) {
    const [attrs, inputs] = [attrsOf(spec, kase, half), storedInputs(spec, kase, half)];
    const truth = truthOf(spec, kase, attrs, inputs);
    if (!truth) continue;
    const run = await OpRun.compile(gpu, spec.op, inputs, attrs, kernel, spec.texelFormat?.(attrs));
    try {
      found.push(accuracyOf({ ...truth, gate: gateOf(spec, kase, kernel) }, await run.results()));
    } finally {
      run.dispose();
    }
  }
  const worst = found.find(({ ok }) => !ok) ?? found.sort((a, b) => b.gateRatio - a.gateRatio)[0];
  if (!worst) throw new Error(`${spec.op.name} has no case that the reference can follow.`);
  return { ...worst, checked: `${found.length} small case${found.length > 1 ? 's' : ''}` };
}

/** Whether a kernel takes a case, as some are for certain sizes only, and the device runs it. */
export function runsCase(
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  half: boolean,
  kernel: string,
  facts: DeviceFacts,
): boolean {
  const [types, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
  const made = makeKernel(spec.op, kernel, types, attrs, spec.op.infer(types, attrs));
  return made !== undefined && runsOn(made, facts);
}

/** Bytes of a tensor; textures hold four bytes a texel, the least their formats take. */
function storageBytes(type: TensorType): number {
  return type.dtype === 'texture' ? 4 * numel(type.shape) : byteLength(type);
}
