// What a depth map is drawn and written with, behind the door `drawing` of parts.ts.
export { colorizeDepth, packDepth, rawDepth } from '../depth/colorize.js';
export { colormaps } from '../depth/colormaps.js';
export { depthBlob } from '../depth/depth_blob.js';
export { depthRange } from '../depth/range.js';
export { encodeDepth } from './encode.js';
