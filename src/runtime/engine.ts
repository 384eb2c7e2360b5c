import { checkChoice } from '../arguments/check_options.js';
import { DrawingCache } from '../depth/drawing_cache.js';
import { disposed } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import { Executable } from '../graph/executor.js';
import { Graph, type Value } from '../graph/graph.js';
import { compilePipelines } from '../graph/kernel_choice.js';
import { checkLimits } from '../graph/limits.js';
import { planSlots } from '../graph/plan.js';
import type { Op } from '../kernels/op.js';
import { PictureTexture } from '../image/picture.js';
import type { Size } from '../image/size.js';
import { preprocess, type Convention, type Preprocess } from '../image/preprocess.js';
import type { FamilyCode, Network, Outputs, Remember } from '../models/family.js';
import type { KnownModel } from '../models/families/index.js';
import { originalNames } from '../models/identify.js';
import { codeOf } from '../models/registry.js';
import { checkLicence } from '../models/resolve.js';
import { resolveFile } from '../models/resolve_file.js';
import { fetched, parts } from '../parts.js';
import { chooseStorage, type Precision } from './precision.js';
import { Looks } from './looks.js';
import type { MemoryBudget } from './memory_budget.js';
import { RunQueue } from './run_queue.js';
import { byteLength } from '../tensor.js';
import type { KernelChoices } from '../tuning/tune_kernels.js';
import { untilAborted } from '../arguments/abort.js';
import { withCheckpoint } from '../weights/fetch/checkpoint.js';
import type { CheckpointOptions, CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import { pauses } from '../weights/fetch/other_tasks.js';
import type { LoadProgress } from '../weights/fetch/progress.js';
import type { Checkpoint } from '../weights/fetch/checkpoint_stream.js';
import { ConstantStore } from '../weights/constant_store.js';
import { checkFinite, decode } from '../weights/format/decode.js';
import { isolate, warningOf, type Warning } from '../warnings.js';
import { Weights } from '../weights/weights.js';

export interface EngineOptions extends Omit<CheckpointOptions, 'onProgress'> {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** What the file was loaded as, where the caller said so. */
  readonly entry?: KnownModel | undefined;
  readonly precision: Precision;
  readonly convention: Convention;
  readonly acceptLicense: boolean;
  readonly tuning: 'auto' | 'off';
  readonly flipAverage?: boolean | undefined;
  readonly budget?: MemoryBudget | undefined;
}

/** Programs kept for sizes seen lately; each holds its own activations. */
const KEPT_PROGRAMS = 4;

/** A compiled graph with the values callers read or write. */
export interface Program {
  readonly executable: Executable;
  readonly values: Readonly<Record<string, Value>>;
  /** Textures that pictures are uploaded to, of no run now: a run takes one, and gives it back if nothing failed. */
  readonly pictures: PictureTexture[];
  /** What the factor to metres was last copied from. */
  factor?: { readonly value: number; readonly buffer: GPUBuffer };
  /** What goes with it. */
  beside?: { dispose(): void };
}

/** Makes a program's graph; returns what is read after a run, and what is written before. */
export type ProgramBuilder = (graph: Graph) => {
  readonly keep: Readonly<Record<string, Value>>;
  readonly inputs?: Readonly<Record<string, Value>>;
};

/** A claim on a program. */
export interface Lease {
  readonly program: Promise<Program>;
  /** The program, if it is compiled already. */
  readonly ready: Program | undefined;
  release(): void;
}

interface CachedProgram {
  readonly program: Promise<Program>;
  readonly free: (program: Program) => void;
  ready: Program | undefined;
  leases: number;
}

/** A model's weights and compiled programs on one device. It does not outlive a lost device. */
export class Engine {
  readonly gpu: Gpu;
  readonly entry: KnownModel;
  readonly storage: 'f32' | 'f16';
  /** Whose preprocessing and position embeddings to reproduce. */
  readonly convention: Convention;
  readonly preprocess: Preprocess;
  /** What its maps are drawn with. */
  readonly drawings: DrawingCache;
  /** Its runs that are on the GPU, and those that wait. */
  readonly runs = new RunQueue();
  /** Tells the caller of what does not stop a call. */
  readonly warn: (warning: Warning) => void;
  /** What is watched for in its runs. */
  readonly looks: Looks;
  /** Whether encoders of the caller may hold its buffers. */
  lent = false;
  readonly #code: FamilyCode;
  readonly #weights: Weights;
  readonly #store: ConstantStore;
  readonly #programs = new Map<string, CachedProgram>();
  #kernels: KernelChoices | undefined;
  #budget: MemoryBudget | undefined;
  #disposed = false;

  private constructor(
    gpu: Gpu,
    entry: KnownModel,
    code: FamilyCode,
    storage: 'f32' | 'f16',
    weights: Weights,
    store: ConstantStore,
    convention: Convention,
    pictures: Preprocess,
    warn: (warning: Warning) => void,
  ) {
    this.gpu = gpu;
    this.warn = warn;
    this.looks = new Looks(gpu.device);
    this.entry = entry;
    this.#code = code;
    this.storage = storage;
    this.#weights = weights;
    this.#store = store;
    this.convention = convention;
    this.preprocess = pictures;
    this.drawings = new DrawingCache(gpu);
  }

  /**
   * Reads the header, builds the network, and compiles its pipelines while the weights stream to the GPU.
   * @throws every error of `withCheckpoint`; ModelMismatchError, LicenseError, GpuUnavailableError, ShaderError,
   *   OutOfMemoryError
   */
  static async load(gpu: Gpu, source: CheckpointSource, options: EngineOptions): Promise<Engine> {
    // These come in beside the header; a fault is told below.
    if (options.entry) codeOf(options.entry).catch(() => undefined);
    if (!gpu.facts.software) parts.gpu().catch(() => undefined);
    return withCheckpoint(source, options, async (checkpoint) => {
      const { table, source: name } = checkpoint;
      // The published file of a named model is what the registry says.
      const published = options.entry !== undefined && options.expected !== undefined;
      const config = async () => (published ? undefined : (await parts.rare()).fetchHubConfig(source, options));
      const entry = await untilAborted(resolveFile(table, name, options.entry, config), options.signal);
      checkLicence(entry, options.acceptLicense);
      const { convention, signal, precision, onWarning } = options;
      let code = await untilAborted(fetched(codeOf(entry)), signal);
      if (gpu.facts.slim) await untilAborted(parts.slim(), signal);
      if (convention === 'hub' || options.flipAverage)
        code = (await untilAborted(parts.rare(), signal)).variantOf(code, options);
      const weights = Weights.from(table, name, originalNames(table, name, code));
      const store = new ConstantStore(gpu, name);
      const ops = () => opsOf(code.network(entry), weights, entry.input, convention);
      const storage = await untilAborted(gpu.guard('load', chooseStorage(gpu, precision, ops, onWarning)), signal);
      const pictures = code.preprocess ?? preprocess;
      const engine = new Engine(gpu, entry, code, storage, weights, store, convention, pictures, isolate(onWarning));
      try {
        await untilAborted(gpu.guard('upload', engine.#fill(checkpoint, options)), options.signal);
        return engine;
      } catch (error) {
        engine.dispose();
        throw error;
      }
    });
  }

  /** The network on a normalised picture f32[H,W,4], and on what it remembers, if anything. */
  network(picture: Value, remember?: Remember): Outputs {
    return this.#code.network(this.entry)(picture, this.#weights, { convention: this.convention, remember });
  }

  /** Metres, of a network whose entry has a `canonicalFocal`. @param factor f32[4], of which the first value counts */
  metres(depth: Value, factor: Value): Value {
    return this.#code.metres?.(depth, factor) ?? depth;
  }

  /**
   * What a network's depth is multiplied by to be in metres; undefined for models that need no focal length.
   * @param focalLength in pixels of the picture
   * @throws UsageError `OPTION_FOCAL_LENGTH` where a model needs one and there is none, or it is no length
   */
  metreFactor(sizes: { readonly picture: Size; readonly network: Size }, focalLength?: number): number | undefined {
    checkChoice('focalLength', focalLength, 'positive', 'image');
    return this.#code.metreFactor?.(this.entry, sizes, focalLength);
  }

  /** An empty graph with this model's storage type. */
  graph(): Graph {
    return new Graph(this.storage);
  }

  /** Outcomes of tuning, and the kernels that the device drops, with why. */
  get kernels(): { chosen: Record<string, string>; dropped: Record<string, string> } {
    return {
      chosen: Object.fromEntries(this.#kernels?.chosen ?? []),
      dropped: Object.fromEntries([...this.gpu.dropped].map(([name, { message }]) => [name, message])),
    };
  }

  /** Bytes on the GPU: weights, and activations of the programs at hand. */
  memory(): { weights: number; activations: number; lowerBound: number } {
    const plans = [...this.#programs.values()].flatMap(({ ready }) => ready?.executable.plan ?? []);
    const sum = (key: 'bytes' | 'lowerBound') => plans.reduce((total, plan) => total + plan[key], 0);
    return { weights: this.#store.bytes, activations: sum('bytes'), lowerBound: sum('lowerBound') };
  }

  /** What a program of one map takes, in bytes; nothing is compiled or allocated. @throws LimitError, UsageError */
  plan(build: ProgramBuilder): Record<'activations' | 'lowerBound' | 'weights' | 'dispatches' | 'runs', number> {
    const graph = this.graph();
    const { keep } = build(graph);
    checkLimits(graph, this.gpu.device.limits);
    const kept = Object.values(keep);
    this.#budget?.plan(this, graph, kept);
    const { bytes, lowerBound } = planSlots(graph, kept, this.gpu.device.limits);
    const weights = [...graph.constants.values()].reduce((sum, { type }) => sum + byteLength(type), 0);
    return { activations: bytes, lowerBound, weights, dispatches: graph.nodes.length, runs: this.#code.runs ?? 1 };
  }

  /**
   * The program of a key, built and compiled when it is new. It stays usable until the lease is released; past the
   * limit, the least recently used program without a lease is freed.
   * @throws LimitError, UsageError before anything is compiled or allocated
   */
  lease(key: string, build: ProgramBuilder): Lease {
    if (this.#disposed) throw disposed('This depth model', 'run');
    const cached = this.#programs.get(key) ?? this.#open(key, build);
    this.#programs.delete(key);
    this.#programs.set(key, cached);
    cached.leases++;
    let held = true;
    const release = () => {
      if (held) cached.leases--;
      held = false;
      this.#trim();
    };
    return { program: cached.program, ready: cached.ready, release };
  }

  /** Takes bytes that are kept between programs into the budget. @returns gives them back @throws LimitError */
  claim(bytes: number): (() => void) | undefined {
    return this.#budget?.claim(this, bytes);
  }

  /** A program that no other call shares, and that goes with its lease. @throws as `lease` */
  once(build: ProgramBuilder): Lease {
    const { program, free } = this.#open('', build);
    return { program, ready: undefined, release: () => void program.then(free, () => undefined) };
  }

  /** Frees everything but the device. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const key of [...this.#programs.keys()]) this.#drop(key);
    this.#store.dispose();
    this.looks.dispose();
    this.drawings.dispose();
  }

  /** Chooses kernels, and compiles every pipeline the network needs while the weights come in. */
  async #fill(checkpoint: Checkpoint, options: EngineOptions): Promise<void> {
    const graph = this.graph();
    const { width, height } = this.entry.input;
    let fault: unknown;
    try {
      const outputs = this.network(graph.input('image', { dtype: 'f32', shape: [height, width, 4] }));
      // Read for the nodes that only it needs.
      void outputs.fieldOfView;
    } catch (error) {
      fault = error;
    }
    const misfit = this.#weights.misfit(this.#code.leftAside);
    // A missing tensor comes first: the shapes that depend on it are guesses, and may be what failed.
    if (misfit.missing.length > 0) throw (await parts.rare()).missingTensors(misfit);
    if (fault) throw fault;
    if (misfit.unused.length > 0) this.warn((await parts.rare()).surplusTensors(misfit));
    this.#budget = options.budget;
    this.#budget?.load(this, graph);
    if (tunes(this.gpu, options.tuning))
      this.#kernels = await (await parts.gpu()).tuneKernels(this.gpu, graph, { cache: options.cache });
    const release = await this.#store.declare(graph);
    const total = graph.nodes.length;
    let compiled = 0;
    let streamed = false;
    const toldCompiled = () => streamed && options.onProgress?.({ phase: 'compile', loaded: compiled, total });
    const [{ zero, layers }] = await Promise.all([
      streamWeights(checkpoint, this.#store).then((found) => {
        streamed = true;
        toldCompiled();
        return found;
      }),
      compilePipelines(graph, this.gpu, this.#kernels?.kernel, () => {
        compiled++;
        toldCompiled();
      }),
    ]);
    await this.#store.uploaded();
    if (zero.length > 0) {
      this.warn((await parts.rare()).zeroWeights(checkpoint.source, zero, layers));
      this.looks.doubtful = true;
    }
    release();
    for (const error of this.gpu.dropped.values()) this.warn(warningOf(error));
    const { bytes } = this.#store;
    options.onProgress?.({ phase: 'ready', loaded: bytes, total: bytes });
  }

  #open(key: string, build: ProgramBuilder): CachedProgram {
    const graph = this.graph();
    const built = build(graph);
    checkLimits(graph, this.gpu.device.limits);
    const { keep: values, inputs = {} } = built;
    const keep = Object.values(values);
    const giveBack = this.#budget?.admit(this, graph, keep);
    let release = () => {};
    const compile = async (): Promise<Program> => {
      release = await this.#store.declare(graph);
      const executable = await Executable.compile(graph, this.gpu, {
        constants: (name) => this.#store.buffer(name),
        keep,
        ...(this.#kernels && { kernel: this.#kernels.kernel }),
      });
      return { executable, values: { ...values, ...inputs }, pictures: [] };
    };
    const free = (program: Program) => {
      program.executable.dispose();
      for (const picture of program.pictures.splice(0)) picture.dispose();
      program.factor?.buffer.destroy();
      program.beside?.dispose();
      release();
      giveBack?.();
    };
    const cached: CachedProgram = { program: compile(), free, ready: undefined, leases: 0 };
    cached.program.then(
      (program) => (cached.ready = program),
      () => {
        release();
        giveBack?.();
        if (this.#programs.get(key) === cached) this.#programs.delete(key);
      },
    );
    return cached;
  }

  /** Frees the activations of the size used longest ago, if none needs them. @returns whether there were any */
  freeIdle(): boolean {
    const [key] = [...this.#programs].find(([, { leases }]) => leases === 0 && !this.lent) ?? [];
    if (key !== undefined) this.#drop(key);
    return key !== undefined;
  }

  #trim(): void {
    const idle = [...this.#programs].filter(([, cached]) => cached.leases === 0);
    for (const [key] of idle.slice(0, Math.max(0, this.#programs.size - KEPT_PROGRAMS))) this.#drop(key);
  }

  #drop(key: string): void {
    const cached = this.#programs.get(key);
    this.#programs.delete(key);
    if (cached?.ready) cached.free(cached.ready);
    else cached?.program.then(cached.free, () => undefined);
  }
}

/** Whether kernels are tried on a device: a CPU adapter has nothing to choose. */
export function tunes({ facts }: Gpu, tuning: EngineOptions['tuning']): boolean {
  return tuning === 'auto' && !facts.software;
}

/** Ops of a network at the size of its input rule: those up to a fault of the weights, which is told later. */
function opsOf(network: Network, weights: Weights, { width, height }: Size, convention: Convention): Set<Op> {
  const graph = new Graph('f32');
  try {
    network(graph.input('image', { dtype: 'f32', shape: [height, width, 4] }), weights, { convention });
  } catch {
    // `#fill` makes it again.
  }
  return new Set(graph.nodes.map(({ op }) => op));
}

/** @returns how many layers of the model multiply by a tensor of the file, and the names of those that are all zero */
async function streamWeights(
  checkpoint: Checkpoint,
  store: ConstantStore,
): Promise<{ readonly zero: string[]; readonly layers: number }> {
  const zero: string[] = [];
  let layers = 0;
  // Tensors that are in memory already come without a task in between.
  const pause = pauses();
  for await (const { entry, bytes } of checkpoint.tensors()) {
    await pause();
    if (!store.wants(entry.name)) continue;
    const values = decode(entry, bytes, checkpoint.source);
    const { maxAbs } = checkFinite(entry.name, values, checkpoint.source);
    // Biases and tokens may be zero in a sound model.
    if (entry.shape.length > 1 && entry.name.endsWith('weight')) {
      layers++;
      if (maxAbs === 0) zero.push(entry.name);
    }
    store.deliver(entry.name, values);
  }
  return { zero, layers };
}
