export { matchFile } from '../cache/browser_reader.js';
export { deleteFile, startWriting } from '../cache/browser_writer.js';
export { listWeights } from '../cache/browser_listing.js';
export { digestOf, keepBytes, readKept } from '../cache/kept_files.js';
export { pinRevision } from './hub_revision.js';
export { openUrl } from './open_url.js';
export { fetchSmallFile } from './small_file.js';
