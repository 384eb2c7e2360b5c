import type { DepthModel } from '../depth_model.js';
import { loadDepthModel as load } from '../index.js';
import type { LoadOptions } from '../load.js';
import type { CheckpointSource } from '../weights/checkpoint.js';
import { fileSource } from './file_source.js';
import { nodeGpu, type NodeGpuOptions } from './gpu.js';
import { createNodeHasher, folderCache } from './weights_cache.js';

export * from '../index.js';
export { fileSource } from './file_source.js';
export { nodeGpu, type NodeGpuOptions } from './gpu.js';
export { readPicture, type Picture } from './image_file.js';
export { cacheFolder, folderCache } from './weights_cache.js';

/**
 * `loadDepthModel` on Dawn, with downloads kept in the cache folder. Weights may also be given as the path of a file,
 * starting with `/`, `./` or `../`, or ending in `.safetensors`.
 */
export async function loadDepthModel(source: CheckpointSource, options: LoadOptions & NodeGpuOptions = {}): Promise<DepthModel> {
  const { adapter, toggles, weights, ...rest } = options;
  const gpu = options.device ? {} : { gpu: options.gpu ?? (await nodeGpu({ ...(adapter ? { adapter } : {}), ...(toggles ? { toggles } : {}) })) };
  const files = weights === undefined ? {} : { weights: await openFile(weights) };
  return load(await openFile(source), { cache: folderCache(), createHasher: createNodeHasher, ...rest, ...files, ...gpu });
}

async function openFile(source: CheckpointSource): Promise<CheckpointSource> {
  const isPath = typeof source === 'string' && !/^[a-z][a-z0-9+.-]+:/i.test(source) && (/^[./~]/.test(source) || source.endsWith('.safetensors'));
  return isPath ? fileSource(source) : source;
}
