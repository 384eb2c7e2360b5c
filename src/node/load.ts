import { basename } from 'node:path';
import { checkOptions, type OptionTable } from '../arguments/check_options.js';
import { ModelMismatchError } from '../errors.js';
import type { ModelName } from '../models/families/index.js';
import { findEntry } from '../models/resolve.js';
import { loadDepthModel as loadOnDevice, type DepthModel } from '../runtime/depth_model.js';
import { isolate } from '../warnings.js';
import { LOAD_OPTIONS, type LoadOptions, type ModelSource } from '../runtime/load.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import type { WeightsCache } from '../weights/cache/cache.js';
import { openAdapter } from './adapters.js';
import { fileSource, localPath } from './file_source.js';
import { nodeGpu } from './gpu.js';
import { readSource } from './read_source.js';
import { packagedSource } from './packaged.js';
import { withProxyHint } from './proxy_hint.js';
import { createNodeHasher, folderCache } from './weights_cache.js';

/** Options of `loadDepthModel` in Node. */
export interface NodeLoadOptions extends Omit<LoadOptions, 'cache' | 'weights'> {
  /** Weights to use instead of the published ones; text that is no URL and no hub name is a path. */
  readonly weights?: CheckpointSource;
  /** Part of the name of the GPU to use. */
  readonly adapter?: string;
  /** Folder that downloads are kept in, the user's cache folder unless given; `false` for nowhere. */
  readonly cache?: WeightsCache | string | false;
}

const NODE_LOAD_OPTIONS: OptionTable<NodeLoadOptions> = { ...LOAD_OPTIONS, adapter: null };

/**
 * Loads a model by registry name, path, URL, `hf:org/repo@revision` or bytes, on Dawn (optional peer dependency
 * `webgpu`). A path has a slash in it or the ending of a file of weights; anything else is a name. Where the tensors of
 * a file may be of several models, its authors' name for one of them (`depth_anything_v2_vits.pth`) says which. The
 * process stays alive until the model is disposed. Where the model takes text as a picture, it is a path, or a URL
 * where it begins with a scheme; files are read as `readPicture` reads them.
 * @example
 * ```ts
 * import { loadDepthModel } from 'depthwise/node';
 *
 * using model = await loadDepthModel('nano');
 * using depth = await model.estimate('photo.jpg');
 * const { min, max } = await depth.range();
 * ```
 * @throws every error of the browser's `loadDepthModel`; UsageError `SOURCE_FILE`; GpuUnavailableError without `webgpu`
 *   or without such an adapter
 */
export async function loadDepthModel(source: ModelSource, options: NodeLoadOptions = {}): Promise<DepthModel> {
  checkOptions(options, NODE_LOAD_OPTIONS, 'load');
  const { adapter, cache, ...rest } = options;
  const named = typeof source === 'string' && !/[\\/]|\.(?:safetensors|pt|pth|ckpt|bin|json)$/i.test(source);
  const found = named ? source : await resolvePath(source);
  const weights = rest.weights ?? (named ? await packagedSource(source) : undefined);
  const settings: LoadOptions = {
    createHasher: createNodeHasher,
    ...rest,
    ...(weights === undefined ? {} : { weights: await resolvePath(weights) }),
    ...(rest.device || rest.gpu
      ? {}
      : { gpu: adapter === undefined ? await nodeGpu() : (await openAdapter(adapter)).gpu }),
    cache: typeof cache === 'object' || cache === false ? cache : folderCache(cache),
  };
  const loaded = await loadOnDevice(found, settings)
    .catch((error: unknown) => loadOnDevice(found, { ...settings, model: namedByFile(error) }))
    .catch((error: unknown) => {
      throw withProxyHint(error);
    });
  const onWarning = isolate(rest.onWarning);
  loaded.readFile = (picture, signal) => readSource(picture, { onWarning }, signal);
  return loaded;
}

/**
 * The model whose name, or whose authors' name, a file of weights has, where its tensors leave open which of several it
 * is. @throws the error that it is given where that is another, or the name is none of these
 */
function namedByFile(error: unknown): ModelName {
  if (error instanceof ModelMismatchError && error.code === 'MODEL_AMBIGUOUS' && error.source !== undefined) {
    const named = findEntry(basename(error.source).replace(/\.\w+$/, ''))?.name;
    if (named !== undefined && (error.expected as readonly ModelName[]).includes(named)) return named;
  }
  throw error;
}

/** Opens a path or a file: URL; leaves other sources as they are. */
export async function resolvePath(source: CheckpointSource): Promise<CheckpointSource> {
  const path = localPath(source);
  return path === undefined ? source : fileSource(path);
}
