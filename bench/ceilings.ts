import type { Gpu } from '../src/gpu/gpu.js';
import type { Op } from '../src/kernels/op.js';
import { copyRate, emptyDispatch, fmaRate, workgroupBytes, workgroupRate, type LoadAttrs } from './ceiling_ops.js';
import { recordOf, type Clock } from './clock.js';
import type { Peaks, Protocol } from './document.js';
import type { Stored } from '../truth/inputs.js';
import { OpRun } from '../truth/op_run.js';
import { measure, repeatsFor } from './measure.js';

/** A dispatch long enough that its launch does not count, in ms. */
const LONG = 4;
const INVOCATIONS = { gpu: 2 ** 18, software: 2 ** 14 } as const;
/** Past the caches: those of large GPUs hold tens of megabytes. */
const COPY_BYTES = { gpu: 2 ** 28, software: 2 ** 26 } as const;

/**
 * Measures what the device can do at best, by kernels that do nothing else. The fastest sample counts: a ceiling is not
 * an average.
 */
export async function measurePeaks(gpu: Gpu, clock: Clock, protocol: Protocol): Promise<Peaks> {
  const kind = gpu.facts.software ? 'software' : 'gpu';
  const invocations = INVOCATIONS[kind];
  const floats = (values: readonly number[], shape: readonly number[]): Stored => ({
    type: { dtype: 'f32', shape },
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  });
  const factors = { x: floats([0.75, 0.5, 0.25, 0.625, 0.125, 0.25, 0.5, 0.375], [2, 4]) };
  const fma = async (elem: 'f32' | 'f16') => {
    const op = fmaRate(elem) as unknown as Op;
    const { ms, attrs } = await longEnough(gpu, clock, protocol, op, factors, invocations);
    return op.cost({}, attrs, {}).flops / ms / 1e6;
  };
  const { ms, attrs } = await longEnough(
    gpu,
    clock,
    protocol,
    workgroupRate as unknown as Op,
    { x: floats(new Array<number>(1024).fill(1), [256, 4]) },
    invocations,
  );
  const half = gpu.facts.f16 ? { fmaF16: await fma('f16') } : {};
  const bytes = Math.min(
    COPY_BYTES[kind],
    gpu.device.limits.maxStorageBufferBindingSize,
    gpu.device.limits.maxBufferSize,
  );
  const copied: Stored = { type: { dtype: 'f32', shape: [bytes / 16, 4] }, bytes: new Uint8Array(16) };
  return {
    fmaF32: await fma('f32'),
    ...half,
    copyGBs: (2 * bytes) / (await best(gpu, clock, protocol, copyRate as unknown as Op, { x: copied }, {})) / 1e6,
    workgroupGBs: workgroupBytes(attrs) / ms / 1e6,
    dispatchUs: 1e3 * (await best(gpu, clock, protocol, emptyDispatch as unknown as Op, {}, {})),
  };
}

/** Doubles the iterations until a dispatch is long, then takes the best time. */
async function longEnough(
  gpu: Gpu,
  clock: Clock,
  protocol: Protocol,
  op: Op,
  inputs: Record<string, Stored>,
  invocations: number,
): Promise<{ ms: number; attrs: LoadAttrs }> {
  for (let iterations = 64; ; iterations *= 4) {
    const attrs = { invocations, iterations };
    const ms = await best(gpu, clock, protocol, op, inputs, attrs);
    if (ms >= LONG || iterations >= 2 ** 18) return { ms, attrs };
  }
}

async function best(
  gpu: Gpu,
  clock: Clock,
  protocol: Protocol,
  op: Op,
  inputs: Record<string, Stored>,
  attrs: unknown,
): Promise<number> {
  const run = await OpRun.compile(gpu, op, inputs, attrs, op.kernels[0]!.name);
  const record = recordOf(run);
  try {
    await clock.perRepeat(record, 1);
    const once = await clock.perRepeat(record, 8);
    const repeats = repeatsFor(once, clock.quantumNs, protocol);
    const [measured] = await measure([{ sample: () => clock.perRepeat(record, repeats) }], {
      ...protocol,
      warmUpBlocks: 1,
    });
    return measured?.ms.min as number;
  } finally {
    run.dispose();
  }
}
