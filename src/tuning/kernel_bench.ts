import { GpuUnavailableError } from '../errors.js';
import { BufferUsage, submitRead } from '../gpu/buffers.js';
import { adapterName, type Gpu } from '../gpu/gpu.js';
import { scoped, submit } from '../gpu/scoped.js';
import { PassTimer } from '../gpu/timing.js';
import { compileOp } from '../graph/compile_op.js';
import type { Executable } from '../graph/executor.js';
import { typesOf, type Node, type Value } from '../graph/graph.js';
import type { Op } from '../kernels/op.js';
import { checkKernel } from './known_answer.js';
import { byteLength } from '../tensor.js';
import { decode, toHalf } from '../weights/format/decode.js';

/** Asks and times kernels on a device. */
export interface KernelBench {
  /**
   * Whether a kernel of an op gives the known answers, also with the attributes of some nodes; false where it fits no
   * probe.
   * @throws GpuUnavailableError `GPU_UNSOUND` when it answers wrongly
   */
  check(op: Op, kernel: string, attrs?: readonly unknown[]): Promise<boolean>;
  /**
   * Milliseconds that a node takes on each of some kernels; undefined when `spent` cuts it off. Infinity on one that
   * the device does not compile or whose results differ from those of the first kernel: it is dropped.
   */
  time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined>;
}

/** Browsers round timestamps to 65,536 ns: of 64 of those, two roundings are 3 %. */
const ENOUGH_MS = 64 * 65_536e-6;
/** Being told that a queue is done takes a tenth of a millisecond or more, which is the same for every kernel. */
const ENOUGH_QUEUE_MS = 8;
const MOST_PASSES = 512;
/** What a sample may grow to, where the GPU's clock stands still or is far too slow. */
const LONGEST_MS = 250;
/** Bytes that are compared at each end of a result. */
const END_BYTES = 1 << 18;
/** Two roundings of f16 storage. */
const TOLERANCE = 2 ** -9;
/** Samples of each kernel, taken in turns; the least counts. */
const ROUNDS = 2;

/** The kernel bench of a device, for kernels with `storage` as their storage type. */
export class GpuBench implements KernelBench {
  readonly #gpu: Gpu;
  readonly #storage: 'f32' | 'f16';

  constructor(gpu: Gpu, storage: 'f32' | 'f16') {
    this.#gpu = gpu;
    this.#storage = storage;
  }

  check(op: Op, kernel: string, attrs: readonly unknown[] = []): Promise<boolean> {
    return checkKernel(this.#gpu, this.#storage, op, kernel, attrs);
  }

  async time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined> {
    const gpu = this.#gpu;
    let timer: PassTimer | undefined;
    const compiled = await Promise.allSettled(kernels.map((kernel) => TimedKernel.compile(gpu, node, kernel)));
    const timed = compiled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    try {
      for (const result of compiled) if (result.status === 'rejected') throw result.reason;
      if (gpu.device.features.has('timestamp-query'))
        await scoped(gpu.device, { what: 'timestamps', phase: 'load' }, () => (timer = new PassTimer(gpu.device, 1)));
      const runs: TimedKernel[] = [];
      let right: Float32Array | undefined;
      for (const one of timed) {
        if (spent()) return undefined;
        if (gpu.dropped.has(one.name)) continue;
        const answer = await one.answer();
        right ??= answer;
        if (agrees(answer, right)) runs.push(one);
        else gpu.dropped.set(one.name, unsound(gpu, one.name));
      }
      for (let round = 0; round < ROUNDS; round++) {
        for (const one of runs) if (!(await one.sample(timer, spent))) return undefined;
      }
      return timed.map(({ least }) => least);
    } finally {
      timer?.dispose();
      for (const one of timed) one.dispose();
    }
  }
}

/** Kernels may add up and round in orders of their own. */
function agrees(answer: Float32Array, right: Float32Array): boolean {
  return answer.every(
    (value, i) => Math.abs(value - (right[i] as number)) <= TOLERANCE * Math.max(1, Math.abs(right[i] as number)),
  );
}

function unsound(gpu: Gpu, name: string): GpuUnavailableError {
  return new GpuUnavailableError(
    'GPU_UNSOUND',
    `${adapterName(gpu.adapter)} computes wrongly: kernel "${name}" differs from another on a shape of the model.`,
  );
}

/** The op of a node, alone, on one kernel. */
class TimedKernel {
  /** As `op/kernel`. */
  readonly name: string;
  /** Milliseconds of the fastest sample. */
  least = Infinity;
  readonly #gpu: Gpu;
  readonly #executable: Executable;
  readonly #inputs: readonly Value[];
  readonly #output: Value;
  #passes = 1;

  private constructor(gpu: Gpu, name: string, executable: Executable, inputs: readonly Value[], output: Value) {
    this.#gpu = gpu;
    this.name = name;
    this.#executable = executable;
    this.#inputs = inputs;
    this.#output = output;
  }

  static async compile(gpu: Gpu, { op, inputs, attrs }: Node, kernel: string): Promise<TimedKernel> {
    const { executable, inputs: given, outputs } = await compileOp(gpu, op, typesOf(inputs), attrs, kernel);
    return new TimedKernel(gpu, `${op.name}/${kernel}`, executable, Object.values(given), outputs['y'] as Value);
  }

  /**
   * The two ends of y for small whole numbers as inputs. It warms up as well: drivers finish compiling in a first run.
   */
  async answer(): Promise<Float32Array> {
    const { device } = this.#gpu;
    const from = this.#executable.buffer(this.#output);
    const { type } = this.#output;
    const bytes = byteLength(type);
    const end = Math.min(bytes, END_BYTES);
    let ends: GPUBuffer | undefined;
    try {
      const read = await submitRead(this.#gpu, 2 * end, (encoder) => {
        for (const value of this.#inputs) fill(device, this.#executable.buffer(value), value.type.dtype === 'f16');
        this.#executable.encode(encoder);
        ends = device.createBuffer({ size: 2 * end, usage: BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
        encoder.copyBufferToBuffer(from, 0, ends, 0, end);
        encoder.copyBufferToBuffer(from, bytes - end, ends, end, end);
        return ends;
      });
      return type.dtype === 'f16'
        ? decode({ name: this.name, dtype: 'F16' }, new Uint8Array(read))
        : new Float32Array(read);
    } finally {
      ends?.destroy();
    }
  }

  /** Repeats the dispatch until its time stands far above the clock's step. False when `spent` cuts it off. */
  async sample(timer: PassTimer | undefined, spent: () => boolean): Promise<boolean> {
    const enough = timer ? ENOUGH_MS : ENOUGH_QUEUE_MS;
    while (!spent()) {
      const start = performance.now();
      const elapsed = await this.run(timer);
      if (elapsed >= enough || this.#passes === MOST_PASSES) {
        // A clock that stands still says nothing.
        if (elapsed > 0) this.least = Math.min(this.least, elapsed / this.#passes);
        return true;
      }
      const growth = Math.min(16, LONGEST_MS / (performance.now() - start), (1.2 * enough) / elapsed);
      this.#passes = Math.min(MOST_PASSES, Math.ceil(this.#passes * Math.max(1.5, growth)));
    }
    return false;
  }

  /** Milliseconds of all passes: on the GPU's clock where it has one, or until the queue is done. */
  async run(timer: PassTimer | undefined): Promise<number> {
    const { querySet, beginningOfPassWriteIndex = 0, endOfPassWriteIndex = 1 } = timer?.writes(0) ?? {};
    const start = performance.now();
    await submit(this.#gpu, { what: 'a timed kernel', phase: 'load' }, (encoder) => {
      for (let pass = 1; pass <= this.#passes; pass++) {
        const ends = {
          ...(pass === 1 && { beginningOfPassWriteIndex }),
          ...(pass === this.#passes && { endOfPassWriteIndex }),
        };
        const writes = querySet && Object.keys(ends).length > 0 ? { querySet, ...ends } : undefined;
        this.#executable.encode(encoder, {}, { timestamps: () => writes });
      }
      timer?.resolve(encoder);
    });
    return timer ? ((await timer.read())[0] as number) : performance.now() - start;
  }

  dispose(): void {
    this.#executable.dispose();
  }
}

/** Fills a buffer with -1, 0 and 1 in no order, again and again. */
function fill(device: GPUDevice, buffer: GPUBuffer, half: boolean): void {
  const pattern = Float32Array.from({ length: 16_382 }, (_, i) => ((Math.imul(i + 1, 0x9e3779b1) >>> 16) % 3) - 1);
  const bytes = new Uint8Array((half ? toHalf(pattern) : pattern).buffer as ArrayBuffer);
  for (let at = 0; at < buffer.size; at += bytes.length)
    device.queue.writeBuffer(buffer, at, bytes, 0, Math.min(bytes.length, buffer.size - at));
}
