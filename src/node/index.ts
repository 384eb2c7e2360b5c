export * from '../index.js';
export { convertWeights, type Converted, type ConvertOptions } from './convert.js';
export { readDepthFile, type DepthFile } from './depth_file.js';
export { easeGpuPolling } from './ease_polling.js';
export { fileSource } from './file_source.js';
export { isPicture, readPicture, type Picture, type ReadPictureOptions } from './image_file.js';
export { clearCachedWeights, listCachedWeights } from './kept_weights.js';
export { loadDepthModel, type NodeLoadOptions } from './load.js';
export { cacheFolder, folderCache } from './weights_cache.js';
