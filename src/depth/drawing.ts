// What a depth map is drawn with: fetched when a map is first drawn, or its range or a texture asked for.
export { colorizeDepth, packDepth, rawDepth } from './colorize.js';
export { colormaps } from './colormaps.js';
export { depthRange } from './range.js';
