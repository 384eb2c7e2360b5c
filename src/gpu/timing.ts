import { BufferUsage, readBuffer } from './buffers.js';

/** Timestamp queries for a fixed number of passes. */
export class PassTimer {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #buffer: GPUBuffer;
  readonly #passes: number;

  constructor(device: GPUDevice, passes: number) {
    this.#device = device;
    this.#passes = passes;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 * passes });
    this.#buffer = device.createBuffer({
      label: 'timestamps',
      size: 16 * passes,
      usage: BufferUsage.QUERY_RESOLVE | BufferUsage.COPY_SRC,
    });
  }

  /** Timestamp writes for pass number `index`. */
  writes(index: number): GPUComputePassTimestampWrites {
    return { querySet: this.#queries, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 };
  }

  /** Records the resolve; call after the last pass. */
  resolve(encoder: GPUCommandEncoder): void {
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#passes, this.#buffer, 0);
  }

  /** Milliseconds of each pass, after the submit. */
  async read(): Promise<number[]> {
    const ticks = new BigUint64Array(await readBuffer(this.#device, this.#buffer, 16 * this.#passes));
    return Array.from(
      { length: this.#passes },
      (_, i) => Number((ticks[2 * i + 1] ?? 0n) - (ticks[2 * i] ?? 0n)) / 1e6,
    );
  }

  dispose(): void {
    this.#queries.destroy();
    this.#buffer.destroy();
  }
}
