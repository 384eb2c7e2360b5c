import { BufferUsage, readBuffer } from '../src/gpu/buffers.js';
import type { OpRun } from '../truth/op_run.js';
import { redispatching } from '../truth/redispatching.js';
import type { ClockFacts } from './document.js';
import { quantumOf } from './statistics.js';

/** Records one pass with `repeats` dispatches. */
export type Record = (
  encoder: GPUCommandEncoder,
  repeats: number,
  timestampWrites?: GPUComputePassTimestampWrites,
) => void;

const ESTIMATES = 5;
const PROBES = 48;

/** Times passes on the GPU by timestamps, or by the queue where the device has none. */
export class Clock implements ClockFacts {
  readonly source: ClockFacts['source'];
  quantumNs = 1;
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.source = device.features.has('timestamp-query') ? 'timestamp-query' : 'queue';
    if (this.source === 'queue') return;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#resolved = device.createBuffer({
      label: 'timestamps',
      size: 16,
      usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
    });
  }

  /** Finds the clock's step from many passes of different length. */
  async findQuantum(record: Record): Promise<void> {
    if (this.source === 'queue') {
      this.quantumNs = wallQuantumNs();
      return;
    }
    const ticks: bigint[] = [];
    for (let i = 0; i < PROBES; i++) ticks.push(...(await this.#ticks(record, 1 + (i % 7) * i)));
    this.quantumNs = Number(quantumOf(ticks) ?? 1n);
  }

  /** Milliseconds of one of `repeats` dispatches in a pass. */
  async perRepeat(record: Record, repeats: number): Promise<number> {
    if (this.source === 'queue')
      return Math.max(0, (await this.#wall(record, 2 * repeats)) - (await this.#wall(record, repeats))) / repeats;
    const [begin, end] = await this.#ticks(record, repeats);
    return Number(end - begin) / 1e6 / repeats;
  }

  /**
   * Milliseconds of one dispatch, the median of a few: what else the machine does must not make a dispatch look long,
   * or like nothing.
   */
  async estimate(record: Record): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < ESTIMATES; i++) times.push(await this.perRepeat(record, 1));
    return times.sort((a, b) => a - b)[ESTIMATES >> 1] as number;
  }

  /**
   * One whole run: recording and submitting it on the CPU, until the queue is done, and on the GPU where there are
   * timestamps.
   */
  async run(record: Record): Promise<{ encodeMs: number; wallMs: number; gpuMs: number | undefined }> {
    const [queries, resolved] = [this.#queries, this.#resolved];
    const start = performance.now();
    const encoder = this.#device.createCommandEncoder({ label: 'bench' });
    record(encoder, 1, queries && { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
    if (queries && resolved) encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
    this.#device.queue.submit([encoder.finish()]);
    const encodeMs = performance.now() - start;
    await this.#device.queue.onSubmittedWorkDone();
    const wallMs = performance.now() - start;
    if (!resolved) return { encodeMs, wallMs, gpuMs: undefined };
    const [begin = 0n, end = 0n] = new BigUint64Array(await readBuffer(this.#device, resolved, 16));
    return { encodeMs, wallMs, gpuMs: Number(end - begin) / 1e6 };
  }

  dispose(): void {
    this.#queries?.destroy();
    this.#resolved?.destroy();
  }

  async #ticks(record: Record, repeats: number): Promise<[bigint, bigint]> {
    const [queries, resolved] = [this.#queries as GPUQuerySet, this.#resolved as GPUBuffer];
    const encoder = this.#device.createCommandEncoder({ label: 'bench' });
    record(encoder, repeats, { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
    encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
    this.#device.queue.submit([encoder.finish()]);
    const [begin = 0n, end = 0n] = new BigUint64Array(await readBuffer(this.#device, resolved, 16));
    return [begin, end];
  }

  async #wall(record: Record, repeats: number): Promise<number> {
    const encoder = this.#device.createCommandEncoder({ label: 'bench' });
    record(encoder, repeats);
    const start = performance.now();
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  }
}

/** Smallest step of performance.now(). */
function wallQuantumNs(): number {
  let step = Infinity;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    step = Math.min(step, now - start);
  }
  return step * 1e6;
}

/** Records one run with every dispatch repeated. */
export function recordOf(run: Pick<OpRun, 'encode'>): Record {
  return (encoder, repeats, timestampWrites) => run.encode(repeating(encoder, repeats, timestampWrites));
}

/** An encoder whose passes take timestamps and dispatch `repeats` times. */
function repeating(
  encoder: GPUCommandEncoder,
  repeats: number,
  timestampWrites?: GPUComputePassTimestampWrites,
): GPUCommandEncoder {
  return redispatching({
    open: (descriptor) => encoder.beginComputePass({ ...descriptor, ...(timestampWrites ? { timestampWrites } : {}) }),
    dispatch: (pass, x, y) => {
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(x, y);
    },
  });
}

/** An encoder whose only pass is one that is open already, and stays open. */
export function within(pass: GPUComputePassEncoder): GPUCommandEncoder {
  return redispatching({
    open: () => pass,
    dispatch: (open, x, y) => open.dispatchWorkgroups(x, y),
    end: () => undefined,
  });
}
