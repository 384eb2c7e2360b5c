import type { OptionTable } from '../arguments/check_options.js';
import { Engine, tunes } from './engine.js';
import { DeviceLostError, WeightsFormatError } from '../errors.js';
import { isolate, warningOf } from '../warnings.js';
import { Gpu } from '../gpu/gpu.js';
import type { Convention } from '../image/preprocess.js';
import type { ModelName } from '../models/families/index.js';
import type { KnownModel } from '../models/families/index.js';
import { checkLicence, entryByName, findEntry } from '../models/resolve.js';
import type { MemoryBudget } from './memory_budget.js';
import type { Precision } from './precision.js';
import { throwIfAborted, untilAborted } from '../arguments/abort.js';
import { browserCache } from '../weights/cache/browser_cache.js';
import type { WeightsCache } from '../weights/cache/cache.js';
import type { CheckpointOptions, CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import { resolveSource } from '../weights/fetch/source.js';
import { parts } from '../parts.js';
import type { LoadProgress } from '../weights/fetch/progress.js';

/** Name of a model, which editors complete, or where its weights are. */
export type ModelSource = ModelName | (string & {}) | Exclude<CheckpointSource, string>;

/**
 * Options of `loadDepthModel`.
 * @example
 * ```ts
 * const options: LoadOptions = { precision: 'f32', signal: AbortSignal.timeout(60_000) };
 * ```
 */
export interface LoadOptions extends Pick<CheckpointOptions, 'signal' | 'onWarning' | 'hubUrl' | 'createHasher'> {
  /** Told of bytes that come in, of kernels that are compiled then, and that the model is ready. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Weights to use instead of the published ones; for a model given by name. */
  readonly weights?: CheckpointSource;
  /** Registry name, for weights given by URL, file or bytes whose tensors do not say which model they are. */
  readonly model?: ModelName | (string & {});
  /**
   * The caller's device: it is used, and neither destroyed nor configured. In Node, keep what `create` of the package
   * `webgpu` returned as long as the device, or the process crashes once it is collected: `globalThis.gpu =
   * create([])`.
   */
  readonly device?: GPUDevice;
  /** The WebGPU entry point, where it is not `navigator.gpu`. */
  readonly gpu?: GPU;
  /** Which GPU to ask for on a machine with two. */
  readonly powerPreference?: GPUPowerPreference;
  /**
   * Storage of weights and activations; `auto` is f16 on GPUs that have it, until a value is past its range: it goes on
   * in f32 then, and `f16` is a LimitError. Sums are f32 either way.
   */
  readonly precision?: Precision;
  /** Whose preprocessing and position embeddings to reproduce: the authors' code, or the Hugging Face port. */
  readonly convention?: Convention;
  /**
   * `auto` lets a GPU choose among kernels by known answers and by time, at most 300 ms of the first start; what it
   * finds is kept in `cache`. `off` uses the rule of each op, so that a model computes the same way at every start.
   */
  readonly tuning?: 'auto' | 'off';
  /**
   * Asks the network twice, with the picture and with the picture flipped left to right, and gives the mean of both
   * maps: a little truer, for twice the time. The authors of ZoeDepth do so by default; here it is off for all models.
   */
  readonly flipAverage?: boolean;
  /**
   * Most bytes that weights and activations may take on the GPU, as `plan` and `memory` count them: what would take
   * more is refused before it is allocated, the weights before they are downloaded. Activations of sizes that no run
   * needs are freed first. Pictures and maps come besides.
   */
  readonly memoryBudget?: number;
  /** Where downloads are kept: the Cache API unless given; `false` for nowhere. */
  readonly cache?: WeightsCache | false;
  /** Accepts terms that are not free for every use. */
  readonly acceptLicense?: boolean;
}

/** What `loadDepthModel` takes. */
export const LOAD_OPTIONS: OptionTable<LoadOptions> = {
  precision: ['auto', 'f32', 'f16'],
  convention: ['original', 'hub'],
  tuning: ['auto', 'off'],
  flipAverage: [true, false],
  weights: null,
  model: null,
  device: 'device',
  gpu: 'gpu',
  powerPreference: ['low-power', 'high-performance'],
  cache: null,
  acceptLicense: null,
  memoryBudget: 'positive',
  signal: 'signal',
  onProgress: null,
  onWarning: null,
  hubUrl: null,
  createHasher: null,
};

/**
 * Finds out which model is meant, opens the GPU and loads. The device is given back when loading fails. One of our own
 * that is lost where kernels were tried is made up for once, and none are tried on the next.
 */
export async function loadEngine(source: CheckpointSource, options: LoadOptions, on?: Gpu): Promise<Engine> {
  const { device, precision = 'auto', convention = 'original', acceptLicense = false, tuning = 'auto' } = options;
  const [entry, named] = namedSource(source, options, acceptLicense);
  const budget = options.memoryBudget === undefined ? undefined : await boundMemory(options.memoryBudget);
  const cache = options.cache === false ? undefined : (options.cache ?? browserCache());
  const onProgress = isolate(options.onProgress);
  const checkpoint: CheckpointOptions = {
    ...options,
    onProgress,
    cache,
    expected: named === entry?.weights.source ? entry?.weights : undefined,
  };
  throwIfAborted(options.signal);
  // It comes in beside the GPU; a fault is told where the weights are opened.
  if (typeof named === 'string' || named instanceof URL) parts.downloads().catch(() => undefined);
  const weights = await pinned(named, checkpoint);
  const open = async (tries: 'auto' | 'off'): Promise<Engine> => {
    const gpu = on ?? (device ? Gpu.adopt(device) : await requestGpu(options));
    try {
      return await Engine.load(gpu, weights, {
        ...checkpoint,
        onProgress,
        entry,
        precision,
        convention,
        acceptLicense,
        tuning: tries,
        budget,
      });
    } catch (error) {
      if (!on) gpu.dispose();
      if (precision === 'auto' && error instanceof WeightsFormatError && error.code === 'WEIGHTS_F16_RANGE') {
        isolate(options.onWarning)(warningOf(error));
        return loadEngine(source, { ...options, precision: 'f32' }, on);
      }
      // A kernel that was only tried may have taken the device with it.
      if (error instanceof DeviceLostError && gpu.owned && tunes(gpu, tries)) return open('off');
      throw error;
    }
  };
  return open(tuning);
}

async function boundMemory(bytes: number): Promise<MemoryBudget> {
  return new (await parts.rare()).MemoryBudget(bytes);
}

/** A source of the hub whose revision moves, at the commit that it is at now. */
async function pinned(source: CheckpointSource, options: CheckpointOptions): Promise<CheckpointSource> {
  const moves = (typeof source === 'string' || source instanceof URL) && resolveSource(String(source), options).moving;
  return moves ? (await untilAborted(parts.downloads(), options.signal)).pinRevision(source, options) : source;
}

/** A device of our own; one that comes after the caller has given up is given back. */
async function requestGpu(options: LoadOptions): Promise<Gpu> {
  const request = Gpu.request(options);
  try {
    return await untilAborted(request, options.signal);
  } catch (error) {
    request.then(
      (gpu) => gpu.dispose(),
      () => undefined,
    );
    throw error;
  }
}

/** The entry a caller named, whose licence is accepted, and where its weights are. */
function namedSource(
  source: CheckpointSource,
  options: LoadOptions,
  accepted: boolean,
): [KnownModel | undefined, CheckpointSource] {
  const entry = namedEntry(source, options);
  if (!entry) return [entry, source];
  checkLicence(entry, accepted);
  const byName = typeof source === 'string' && findEntry(source) === entry;
  return [entry, options.weights ?? (byName ? entry.weights.source : source)];
}

/** The entry a caller named, by source or by option. */
function namedEntry(source: CheckpointSource, { model }: LoadOptions): KnownModel | undefined {
  if (model !== undefined) return entryByName(model);
  if (typeof source !== 'string' || /^(?:[a-z][a-z0-9+.-]*:|[./])/i.test(source)) return undefined;
  return entryByName(source);
}
