import { InternalError } from '../errors.js';
import { allocating, BufferUsage, writeSlices } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Constant, Graph } from '../graph/graph.js';
import { byteLength } from '../tensor.js';
import { checkHalfRange, scanValues, toHalf } from './decode.js';

interface Entry {
  readonly constant: Constant;
  readonly buffer: GPUBuffer;
  /** Tensors of the file still to come. */
  readonly waiting: Set<string>;
}

/**
 * The packed weights of one model on the GPU, shared by its graphs for all picture sizes. Tensors are delivered in file
 * order; a constant is packed and uploaded when its last tensor has come, and a tensor is forgotten when nothing waits
 * for it, except those that constants depending on the picture size are made from.
 */
export class ConstantStore {
  readonly #gpu: Gpu;
  readonly #source: string;
  readonly #entries = new Map<string, Entry>();
  readonly #tensors = new Map<string, Float32Array>();
  readonly #kept = new Set<string>();
  #bytes = 0;

  /** @param source file name or URL, for messages */
  constructor(gpu: Gpu, source: string) {
    this.#gpu = gpu;
    this.#source = source;
  }

  /** Bytes of all constants on the GPU. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Allocates the constants of a graph that are not here yet, and fills those whose tensors are at hand. @throws OutOfMemoryError */
  async declare(graph: Graph): Promise<void> {
    const fresh = [...graph.constants.values()].map((v) => v.origin as Constant).filter((c) => !this.#entries.has(c.key));
    const bytes = fresh.reduce((sum, c) => sum + byteLength(c.type), 0);
    const { device } = this.#gpu;
    const usage = BufferUsage.STORAGE | BufferUsage.COPY_DST;
    const buffers = await allocating(device, `the weights of ${this.#source}`, bytes, () => fresh.map((c) => device.createBuffer({ label: c.key, size: byteLength(c.type), usage })));
    this.#bytes += bytes;
    fresh.forEach((constant, i) => {
      const sources = constant.weights.flatMap((w) => w.sources);
      if (constant.perSize) for (const name of sources) this.#kept.add(name);
      const waiting = new Set(sources.filter((name) => !this.#tensors.has(name)));
      const entry = { constant, buffer: buffers[i] as GPUBuffer, waiting };
      this.#entries.set(constant.key, entry);
      if (waiting.size === 0) this.#fill(entry);
    });
  }

  /** Takes the values of one tensor of the file. @throws WeightsFormatError when they do not fit the storage type */
  deliver(name: string, values: Float32Array): void {
    const ready = [...this.#entries.values()].filter(({ waiting }) => waiting.has(name));
    if (ready.length === 0 && !this.#kept.has(name)) return;
    this.#tensors.set(name, values);
    for (const entry of ready) {
      entry.waiting.delete(name);
      if (entry.waiting.size === 0) this.#fill(entry);
    }
    this.#forget();
  }

  /** True when some constant needs this tensor of the file. */
  wants(name: string): boolean {
    return this.#kept.has(name) || [...this.#entries.values()].some(({ waiting }) => waiting.has(name));
  }

  /** The buffer of a constant. @throws InternalError when it was never declared or filled */
  buffer(key: string): GPUBuffer {
    const entry = this.#entries.get(key);
    if (!entry || entry.waiting.size > 0) throw new InternalError('INTERNAL_CONSTANT', `Constant "${key}" has ${entry ? 'not been filled' : 'not been declared'}.`);
    return entry.buffer;
  }

  /** Frees every buffer. Safe to call twice. */
  dispose(): void {
    for (const { buffer } of this.#entries.values()) buffer.destroy();
    this.#entries.clear();
    this.#tensors.clear();
    this.#bytes = 0;
  }

  #fill({ constant, buffer }: Entry): void {
    const packed = constant.pack(...constant.weights.map((w) => this.#join(w.sources)));
    if (constant.type.dtype !== 'f16') return writeSlices(this.#gpu.device, buffer, packed);
    checkHalfRange(constant.key, scanValues(packed), this.#source);
    const half = toHalf(packed);
    writeSlices(this.#gpu.device, buffer, half.length % 2 === 0 ? half : Uint16Array.of(...half, 0));
  }

  #join(sources: readonly string[]): Float32Array {
    const parts = sources.map((name) => this.#tensors.get(name) as Float32Array);
    if (parts.length === 1) return parts[0] as Float32Array;
    const joined = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #forget(): void {
    const needed = new Set(this.#kept);
    for (const { constant, waiting } of this.#entries.values()) {
      if (waiting.size > 0) for (const weight of constant.weights) for (const name of weight.sources) needed.add(name);
    }
    for (const name of this.#tensors.keys()) if (!needed.has(name)) this.#tensors.delete(name);
  }
}
