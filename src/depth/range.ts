import type { Graph, Value } from '../graph/graph.js';
import { depthExtent, depthHistogram, depthRange as percentiles, type RangeAttrs } from '../kernels/depth_range.js';

/**
 * Range of a depth map f32[H,W], without leaving the GPU: f32[8] = min, max, low and high percentile (2 and 98 unless
 * given), count of values that are not finite, count of finite values, 0, 0. Three dispatches. Min and max are exact,
 * the percentiles to 1/2048 of their distance, the counts to 2^24; a map without finite values has range 0 to 0.
 */
export function depthRange(graph: Graph, depth: Value, { low = 2, high = 98 }: Partial<RangeAttrs> = {}): Value {
  return graph.scope('range', () => {
    const { extent } = graph.apply(depthExtent, { depth }, {});
    const { histogram } = graph.apply(depthHistogram, { depth, extent }, {});
    return graph.apply(percentiles, { extent, histogram }, { low, high }).range;
  });
}
