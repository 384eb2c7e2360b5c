import { disposed, InternalError } from '../errors.js';
import { allocating, BufferUsage, writeSlices } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { scoped } from '../gpu/scoped.js';
import { checkSameRecipe, type Constant, type Graph } from '../graph/graph.js';
import { byteLength } from '../tensor.js';
import { checkHalfRange, scanValues, toHalf } from './format/decode.js';

interface Entry {
  readonly constant: Constant;
  /** Undefined until it is allocated. */
  buffer: GPUBuffer | undefined;
  /** Tensors of the file still to come. */
  readonly waiting: Set<string>;
  /** The allocation it came with. */
  allocated: Promise<void>;
  /** What the device says of its upload. */
  uploaded: Promise<unknown>;
  /** Claims on it. */
  claims: number;
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
  #disposed = false;

  /** @param source file name or URL, for messages */
  constructor(gpu: Gpu, source: string) {
    this.#gpu = gpu;
    this.#source = source;
  }

  /** Bytes of all constants on the GPU. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Allocates the constants of a graph that are not here yet, and fills those whose tensors are at hand. They are
   * shared with other graphs and stay, except those that depend on the picture size: they go with their last claim.
   * @returns what gives the claim back; may be called twice
   * @throws OutOfMemoryError or InternalError with nothing new left behind; DisposedError
   */
  async declare(graph: Graph): Promise<() => void> {
    if (this.#disposed) throw disposed('This store of weights', 'upload');
    const constants = [...graph.constants.values()].map((value) => value.origin as Constant);
    for (const constant of constants) {
      const known = this.#entries.get(constant.key);
      if (known) checkSameRecipe(known.constant, constant);
    }
    const fresh = constants.filter(({ key }) => !this.#entries.has(key)).map((constant) => this.#add(constant));
    const entries = new Set(constants.map(({ key }) => this.#entries.get(key) as Entry));
    for (const entry of entries) entry.claims++;
    const release = () => {
      for (const entry of entries) if (--entry.claims === 0 && entry.constant.perSize) this.#drop(entry);
      entries.clear();
    };
    if (fresh.length > 0) {
      const allocated = this.#allocate(fresh);
      for (const entry of fresh) entry.allocated = allocated;
    }
    try {
      await Promise.all([...entries].map((entry) => entry.allocated));
      await Promise.all([...entries].map((entry) => entry.uploaded));
      if (this.#disposed) throw disposed('This store of weights', 'upload');
      return release;
    } catch (error) {
      for (const entry of fresh) this.#drop(entry);
      release();
      throw error;
    }
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

  /**
   * Waits until the device has said of every upload so far that it went well. @throws OutOfMemoryError, InternalError
   */
  async uploaded(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.uploaded));
  }

  /** True when some constant needs this tensor of the file. */
  wants(name: string): boolean {
    return this.#kept.has(name) || [...this.#entries.values()].some(({ waiting }) => waiting.has(name));
  }

  /** The buffer of a constant. @throws InternalError when it was never declared or filled */
  buffer(key: string): GPUBuffer {
    const entry = this.#entries.get(key);
    if (!entry?.buffer || entry.waiting.size > 0)
      throw new InternalError(
        'INTERNAL_CONSTANT',
        `Constant "${key}" has ${entry ? 'not been filled' : 'not been declared'}.`,
      );
    return entry.buffer;
  }

  /** Frees every buffer; a `declare` under way rejects. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#tensors.clear();
    this.#kept.clear();
  }

  #add(constant: Constant): Entry {
    const sources = constant.weights.flatMap((w) => w.sources);
    if (constant.perSize) for (const name of sources) this.#kept.add(name);
    const waiting = new Set(sources.filter((name) => !this.#tensors.has(name)));
    const entry: Entry = {
      constant,
      buffer: undefined,
      waiting,
      allocated: Promise.resolve(),
      uploaded: Promise.resolve(),
      claims: 0,
    };
    this.#entries.set(constant.key, entry);
    return entry;
  }

  async #allocate(fresh: readonly Entry[]): Promise<void> {
    const { device } = this.#gpu;
    const bytes = fresh.reduce((sum, { constant }) => sum + byteLength(constant.type), 0);
    const atHand = fresh.filter(({ waiting }) => waiting.size === 0);
    await allocating(device, `the weights of ${this.#source}`, bytes, () => {
      for (const entry of fresh) {
        const { key, type } = entry.constant;
        entry.buffer = device.createBuffer({
          label: key,
          size: byteLength(type),
          usage: BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST,
        });
        this.#bytes += byteLength(type);
      }
    });
    for (const entry of atHand) this.#fill(entry);
    this.#forget();
  }

  #drop(entry: Entry): void {
    const { key, type } = entry.constant;
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    if (!entry.buffer) return;
    entry.buffer.destroy();
    this.#bytes -= byteLength(type);
  }

  #fill(entry: Entry): void {
    const { constant, buffer } = entry;
    if (!buffer || this.#entries.get(constant.key) !== entry) return;
    const packed = constant.pack(constant.weights.map((w) => this.#join(w.sources)));
    let data: ArrayBufferView = packed;
    if (constant.type.dtype === 'f16') {
      checkHalfRange(constant.weights.map(({ name }) => name).join(' + '), scanValues(packed), this.#source);
      data = evenLength(toHalf(packed));
    }
    entry.uploaded = scoped(this.#gpu.device, { what: `the upload of "${constant.key}"`, phase: 'upload' }, () =>
      writeSlices(this.#gpu.device, buffer, data),
    );
    entry.uploaded.catch(() => undefined);
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
    for (const { constant, waiting, buffer } of this.#entries.values()) {
      if (waiting.size > 0 || !buffer)
        for (const weight of constant.weights) for (const name of weight.sources) needed.add(name);
    }
    for (const name of this.#tensors.keys()) if (!needed.has(name)) this.#tensors.delete(name);
  }
}

/** Uploads are a multiple of 4 bytes long. */
function evenLength(half: Uint16Array): Uint16Array {
  if (half.length % 2 === 0) return half;
  const padded = new Uint16Array(half.length + 1);
  padded.set(half);
  return padded;
}
