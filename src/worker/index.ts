/**
 * Depth from one picture in a worker, which owns the GPU device: weights are hashed and packed, and files encoded, off
 * the thread of the page. For pages; Node has worker threads of its own.
 * @example
 * ```ts
 * import { loadDepthModel } from 'depthwise/worker';
 *
 * const model = await loadDepthModel('depth-anything-v2-small');
 * const depth = await model.estimate(image);
 * await depth.draw(canvas);
 * model.dispose();
 * ```
 * @packageDocumentation
 */
import { checkOptions, checkSource, optionFault, type OptionTable } from '../arguments/check_options.js';
import { copyOf } from '../arguments/plain_memory.js';
import type { LoadOptions, LoadProgress, ModelName, Warning } from '../index.js';
import { LOAD_OPTIONS } from '../runtime/load.js';
import { isolate } from '../warnings.js';
import { Link } from './link.js';
import { absolute } from './send_picture.js';
import { WorkerDepthModel } from './worker_model.js';

export type { WorkerDepthMap, WorkerMap, WorkerSideMap } from './worker_map.js';
export { WorkerDepthModel } from './worker_model.js';

/** Weights that can be sent to a worker, or the name of a model. */
export type WorkerModelSource = ModelName | (string & {}) | URL | Blob | ArrayBuffer | Uint8Array;

/** Options of `loadDepthModel` in a worker: those of `LoadOptions` that can be sent there. */
export interface WorkerLoadOptions extends Omit<LoadOptions, 'device' | 'gpu' | 'createHasher' | 'weights' | 'cache'> {
  readonly weights?: WorkerModelSource;
  /** Where downloads are kept: the Cache API; `false` for nowhere. */
  readonly cache?: false;
  /**
   * A worker that runs the module `depthwise/worker-host`, for pages whose bundler does not follow
   * `new Worker(new URL(…))`. It is not ended with the model.
   */
  readonly worker?: Worker;
}

const { device: _device, gpu: _gpu, createHasher: _hasher, ...SENT } = LOAD_OPTIONS;
const OPTIONS: OptionTable<WorkerLoadOptions> = { ...SENT, worker: null };

/**
 * Loads a model in a worker. See `loadDepthModel` of `depthwise`.
 * @returns a model whose weights are on the GPU of the worker
 * @example
 * ```ts
 * const model = await loadDepthModel('depth-anything-v2-small', { signal: AbortSignal.timeout(60_000) });
 * ```
 * @throws NetworkError `NET_PART` where the worker cannot be started; the errors of `loadDepthModel` of `depthwise`
 */
export async function loadDepthModel(
  source: WorkerModelSource,
  options: WorkerLoadOptions = {},
): Promise<WorkerDepthModel> {
  checkOptions(options, OPTIONS, 'load');
  const { signal, onProgress, onWarning, worker, weights, ...others } = options;
  if (others.cache) throw optionFault('cache', 'cache', others.cache, 'false, or nothing for the Cache API', 'load');
  const tellProgress = isolate(onProgress);
  const tellWarning = isolate(onWarning);
  const argument = {
    source: sendableWeights('source', source, options.model !== undefined),
    options: { ...others, ...(weights !== undefined && { weights: sendableWeights('weights', weights, true) }) },
  };
  const link = await Link.open(worker, signal);
  try {
    const loaded = await link.call('load', argument, {
      signal,
      onEvent: (event, value) =>
        event === 'progress' ? tellProgress(value as LoadProgress) : tellWarning(value as Warning),
    });
    return new WorkerDepthModel(link, loaded);
  } catch (error) {
    // A worker of the caller's may still answer: what it loaded is given back then.
    if (!worker) link.close();
    throw error;
  }
}

/**
 * Weights as they are sent. Relative URLs are meant from the page.
 * @param file whether a string is a URL whatever it looks like
 * @throws UsageError `OPTION_SOURCE`, `OPTION_WEIGHTS`
 */
function sendableWeights(name: 'source' | 'weights', value: WorkerModelSource, file: boolean): WorkerModelSource {
  checkSource(name, value);
  if (typeof value === 'string') return file || /^[./]/.test(value) ? absolute(value) : value;
  if (value instanceof URL) return value.href;
  if (value instanceof Uint8Array) return value.byteLength < value.buffer.byteLength ? copyOf(value) : value;
  if (value instanceof Blob || value instanceof ArrayBuffer) return value;
  throw optionFault(name, name, value, 'what can be sent to a worker: a name, a URL, a Blob or bytes', 'load');
}
