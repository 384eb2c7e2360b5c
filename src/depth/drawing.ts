// What a depth map is drawn with, behind the door `drawing` of parts.ts.
export { colorizeDepth, packDepth, rawDepth } from './colorize.js';
export { colormaps } from './colormaps.js';
export { compileDrawing } from './compile_drawing.js';
export { depthRange } from './range.js';
