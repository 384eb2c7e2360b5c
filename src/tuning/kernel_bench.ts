import { InternalError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import { scoped, submit } from '../gpu/scoped.js';
import { PassTimer } from '../gpu/timing.js';
import { Executable } from '../graph/executor.js';
import { Graph, typesOf, type Node, type Value } from '../graph/graph.js';
import { checkKernel } from '../known_answer.js';

/** Asks and times kernels on a device. */
export interface KernelBench {
  /**
   * Whether a kernel of an op gives the known answers; false where no question is one for it.
   * @throws GpuUnavailableError `GPU_UNSOUND` when it answers wrongly
   */
  check(op: string, kernel: string): Promise<boolean>;
  /** Milliseconds that a node takes on each of some kernels, Infinity on one that the device drops. Undefined when `spent` cuts it off. */
  time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined>;
}

/** Browsers round timestamps to 65,536 ns: of 64 of those, two roundings are 3 %. */
const ENOUGH_MS = 64 * 65_536e-6;
/** Being told that a queue is done takes a tenth of a millisecond or more, which is the same for every kernel. */
const ENOUGH_QUEUE_MS = 8;
const MOST_PASSES = 512;
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

  check(op: string, kernel: string): Promise<boolean> {
    return checkKernel(this.#gpu, this.#storage, op, kernel);
  }

  async time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined> {
    const gpu = this.#gpu;
    let timer: PassTimer | undefined;
    const compiled = await Promise.allSettled(kernels.map((kernel) => Probe.compile(gpu, node, kernel)));
    const probes = compiled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    try {
      for (const result of compiled) if (result.status === 'rejected') throw result.reason;
      if (gpu.device.features.has('timestamp-query')) await scoped(gpu.device, { what: 'timestamps', phase: 'load' }, () => (timer = new PassTimer(gpu.device, 1)));
      const runs = probes.filter((_, i) => !gpu.dropped.has(`${node.op.name}/${kernels[i]}`));
      // The first run is no sample: drivers finish compiling in it.
      for (const probe of runs) {
        if (spent()) return undefined;
        await probe.run(timer);
      }
      for (let round = 0; round < ROUNDS; round++) {
        for (const probe of runs) if (!(await probe.sample(timer, spent))) return undefined;
      }
      return probes.map(({ least }) => least);
    } finally {
      timer?.dispose();
      for (const probe of probes) probe.dispose();
    }
  }
}

/** The op of a node, alone, on one kernel. */
class Probe {
  /** Milliseconds of the fastest sample. */
  least = Infinity;
  readonly #gpu: Gpu;
  readonly #executable: Executable;
  #passes = 1;

  private constructor(gpu: Gpu, executable: Executable) {
    this.#gpu = gpu;
    this.#executable = executable;
  }

  static async compile(gpu: Gpu, { op, inputs, attrs }: Node, kernel: string): Promise<Probe> {
    const graph = new Graph();
    const given = Object.fromEntries(Object.entries(typesOf(inputs)).map(([name, type]) => [name, graph.input(name, type)]));
    const made = graph.apply(op, given, attrs) as Record<string, Value>;
    return new Probe(gpu, await Executable.compile(graph, gpu, { constants: noConstants, keep: Object.values(made), variant: () => kernel }));
  }

  /** Repeats the dispatch until its time stands far above the clock's step. False when `spent` cuts it off. */
  async sample(timer: PassTimer | undefined, spent: () => boolean): Promise<boolean> {
    const enough = timer ? ENOUGH_MS : ENOUGH_QUEUE_MS;
    while (!spent()) {
      const elapsed = await this.run(timer);
      if (elapsed >= enough || this.#passes === MOST_PASSES) {
        // A clock that stands still says nothing.
        if (elapsed > 0) this.least = Math.min(this.least, elapsed / this.#passes);
        return true;
      }
      this.#passes = Math.min(MOST_PASSES, Math.ceil(this.#passes * Math.min(16, Math.max(1.5, (1.2 * enough) / elapsed))));
    }
    return false;
  }

  /** Milliseconds of all passes: on the GPU's clock where it has one, or until the queue is done. */
  async run(timer: PassTimer | undefined): Promise<number> {
    const { querySet, beginningOfPassWriteIndex = 0, endOfPassWriteIndex = 1 } = timer?.writes(0) ?? {};
    const start = performance.now();
    await submit(this.#gpu, { what: 'a probe', phase: 'load' }, (encoder) => {
      for (let pass = 1; pass <= this.#passes; pass++) {
        const ends = { ...(pass === 1 ? { beginningOfPassWriteIndex } : {}), ...(pass === this.#passes ? { endOfPassWriteIndex } : {}) };
        this.#executable.encode(encoder, {}, querySet && Object.keys(ends).length > 0 ? { querySet, ...ends } : undefined);
      }
      timer?.resolve(encoder);
    });
    return timer ? ((await timer.read())[0] as number) : performance.now() - start;
  }

  dispose(): void {
    this.#executable.dispose();
  }
}

function noConstants(): never {
  throw new InternalError('INTERNAL_CONSTANT', 'A probe has no constants.');
}
