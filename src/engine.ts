import { GpuUnavailableError, UsageError } from './errors.js';
import type { Gpu } from './gpu/gpu.js';
import { compilePipelines, Executable } from './graph/executor.js';
import { Graph, type Value } from './graph/graph.js';
import type { Convention } from './image/preprocess.js';
import type { ModelEntry } from './models/registry.js';
import { checkLicence, resolveEntry } from './models/resolve.js';
import { detectArchitecture, ignorableTensors } from './weights/architecture.js';
import { withCheckpoint, type Checkpoint, type CheckpointOptions, type CheckpointSource } from './weights/checkpoint.js';
import { ConstantStore } from './weights/constant_store.js';
import { checkFinite, decode } from './weights/decode.js';
import type { DepthAnythingHubConfig } from './weights/hub_config.js';
import { nameRules } from './weights/name_rules.js';
import { mapNames } from './weights/names.js';
import { Weights } from './weights/weights.js';

/** Storage precision; accumulation is f32 either way. `auto` is f16 on GPUs that have it, f32 elsewhere. */
export type Precision = 'auto' | 'f32' | 'f16';

export interface EngineOptions extends CheckpointOptions {
  /** What the file was loaded as, where the caller said so. */
  readonly entry?: ModelEntry | undefined;
  readonly config?: DepthAnythingHubConfig | undefined;
  readonly precision: Precision;
  readonly convention: Convention;
  readonly acceptLicense: boolean;
}

/** Programs kept for sizes seen lately; each holds its own activations. */
const KEPT_PROGRAMS = 4;

/** A compiled graph with the values callers read or write. */
export interface Program {
  readonly executable: Executable;
  readonly values: Readonly<Record<string, Value>>;
}

/** Makes a program's graph; returns what is read after a run, and what is written before. */
export type ProgramBuilder = (graph: Graph) => { readonly keep: Readonly<Record<string, Value>>; readonly inputs?: Readonly<Record<string, Value>> };

/** A claim on a program. */
export interface Lease {
  readonly program: Promise<Program>;
  /** The program, if it is compiled already. */
  readonly ready: Program | undefined;
  release(): void;
}

interface Slot {
  readonly program: Promise<Program>;
  ready: Program | undefined;
  leases: number;
}

/** A model's weights and compiled programs on one device. It does not outlive a lost device. */
export class Engine {
  readonly gpu: Gpu;
  readonly entry: ModelEntry;
  readonly storage: 'f32' | 'f16';
  /** Whose preprocessing and position embeddings to reproduce. */
  readonly convention: Convention;
  readonly #weights: Weights;
  readonly #store: ConstantStore;
  readonly #programs = new Map<string, Slot>();

  private constructor(gpu: Gpu, entry: ModelEntry, storage: 'f32' | 'f16', weights: Weights, store: ConstantStore, convention: Convention) {
    this.gpu = gpu;
    this.entry = entry;
    this.storage = storage;
    this.#weights = weights;
    this.#store = store;
    this.convention = convention;
  }

  /**
   * Reads the header, builds the network, and compiles its pipelines while the weights stream to the GPU.
   * @throws every error of `withCheckpoint`; ModelMismatchError, LicenseError, GpuUnavailableError, ShaderError, OutOfMemoryError
   */
  static load(gpu: Gpu, source: CheckpointSource, options: EngineOptions): Promise<Engine> {
    const storage = storageOf(gpu, options.precision);
    return withCheckpoint(source, options, async (checkpoint) => {
      const { header, source: name } = checkpoint;
      const found = detectArchitecture(header, name);
      const entry = resolveEntry(found, name, options.entry, options.config);
      checkLicence(entry, options.acceptLicense);
      const weights = Weights.from(header, mapNames(header, nameRules(found), name), name);
      const store = new ConstantStore(gpu, name);
      const engine = new Engine(gpu, entry, storage, weights, store, options.convention);
      try {
        const graph = engine.#nominalGraph();
        weights.unused(ignorableTensors(entry.family));
        await store.declare(graph);
        const pipelines = compilePipelines(graph, gpu);
        await Promise.all([pipelines, streamWeights(checkpoint, store)]);
        return engine;
      } catch (error) {
        store.dispose();
        throw error;
      }
    });
  }

  /** The network on a normalised picture f32[H,W,4]: its raw depth map f32[H,W]. */
  network(picture: Value): Value {
    return this.entry.build(picture, this.#weights, this.convention === 'hub' ? 'size' : 'offset');
  }

  /** An empty graph with this model's storage type. */
  graph(): Graph {
    return new Graph(this.storage);
  }

  /** Bytes on the GPU: weights, and activations of the programs at hand. */
  async memory(): Promise<{ weights: number; activations: number; lowerBound: number }> {
    const programs = await Promise.all([...this.#programs.values()].map((slot) => slot.program));
    const sum = (of: (p: Program) => number) => programs.reduce((n, p) => n + of(p), 0);
    return { weights: this.#store.bytes, activations: sum((p) => p.executable.plan.bytes), lowerBound: sum((p) => p.executable.plan.lowerBound) };
  }

  /**
   * The program of a key, built and compiled when it is new. It stays usable until the lease is released; past the limit,
   * the least recently used program without a lease is freed.
   */
  lease(key: string, build: ProgramBuilder): Lease {
    const slot = this.#programs.get(key) ?? this.#slot(key, build);
    this.#programs.delete(key);
    this.#programs.set(key, slot);
    slot.leases++;
    let held = true;
    const release = () => {
      if (held) slot.leases--;
      held = false;
      this.#trim();
    };
    return { program: slot.program, ready: slot.ready, release };
  }

  /** Frees everything but the device. Safe to call twice. */
  dispose(): void {
    for (const key of [...this.#programs.keys()]) this.#drop(key);
    this.#store.dispose();
  }

  #slot(key: string, build: ProgramBuilder): Slot {
    const slot: Slot = { program: this.#compile(build), ready: undefined, leases: 0 };
    slot.program.then(
      (program) => (slot.ready = program),
      () => this.#programs.get(key) === slot && this.#programs.delete(key),
    );
    return slot;
  }

  async #compile(build: ProgramBuilder): Promise<Program> {
    const graph = this.graph();
    const { keep, inputs = {} } = build(graph);
    await this.#store.declare(graph);
    const executable = await Executable.compile(graph, this.gpu, { constants: (key) => this.#store.buffer(key), keep: Object.values(keep) });
    return { executable, values: { ...keep, ...inputs } };
  }

  #trim(): void {
    const idle = [...this.#programs].filter(([, slot]) => slot.leases === 0);
    for (const [key] of idle.slice(0, Math.max(0, this.#programs.size - KEPT_PROGRAMS))) this.#drop(key);
  }

  #drop(key: string): void {
    const slot = this.#programs.get(key);
    this.#programs.delete(key);
    slot?.program.then(({ executable }) => executable.dispose(), () => undefined);
  }

  /** The network at its own size: names every weight and needs every pipeline, whatever the picture. */
  #nominalGraph(): Graph {
    const graph = this.graph();
    const { width, height } = this.entry.input;
    this.network(graph.input('image', { dtype: 'f32', shape: [height, width, 4] }));
    return graph;
  }
}

function storageOf({ facts, adapter }: Gpu, precision: Precision): 'f32' | 'f16' {
  if (precision === 'auto') return facts.f16 && !adapter.software ? 'f16' : 'f32';
  if (precision === 'f16' && !facts.f16) {
    throw new GpuUnavailableError('GPU_NO_F16', 'This GPU or browser has no shader-f16.', { hint: 'Use precision "f32" or "auto".', expected: 'shader-f16', phase: 'load' });
  }
  if (precision !== 'f32' && precision !== 'f16') throw new UsageError('OPTION_PRECISION', `The precision is ${String(precision)}; expected auto, f32 or f16.`, { actual: precision, phase: 'load' });
  return precision;
}

async function streamWeights(checkpoint: Checkpoint, store: ConstantStore): Promise<void> {
  for await (const { entry, bytes } of checkpoint.tensors()) {
    if (!store.wants(entry.name)) continue;
    const values = decode(entry, bytes, checkpoint.source);
    checkFinite(entry.name, values, checkpoint.source);
    store.deliver(entry.name, values);
  }
}

