import type { Graph, Value } from '../graph/graph.js';
import { resizeMap, type ResizeFilter } from '../kernels/resize_map.js';

/** Size to resize a map to, in pixels, and how. */
export interface ResizeOptions {
  readonly width: number;
  readonly height: number;
  readonly filter: ResizeFilter;
  /** Around the picture, in the map alone, in pixels of the picture; none unless given. */
  readonly border?: readonly [rows: number, columns: number] | undefined;
}

/** A map f32[h,w] resized to [height,width]; itself when it has that size already, or is a list of numbers. */
export function resizeDepth(graph: Graph, depth: Value, { width, height, ...rest }: ResizeOptions): Value {
  const [h, w] = depth.type.shape;
  if (!w || (h === height && w === width && !rest.border)) return depth;
  return graph.scope('resize', () => graph.apply(resizeMap, { x: depth }, { size: [height, width], ...rest }).y);
}
