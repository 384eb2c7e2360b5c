export * from '../index.js';
export { readDepthFile, type DepthFile } from './depth_file.js';
export { fileSource } from './file_source.js';
export { isPicture, readPicture, type Picture } from './image_file.js';
export { loadDepthModel, type NodeLoadOptions } from './load.js';
export { cacheFolder, folderCache } from './weights_cache.js';
