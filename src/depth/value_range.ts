import { optionFault } from '../arguments/check_options.js';
import type { Phase } from '../errors.js';
import { newDepthMap, type DepthMap, type DepthMapOnGpu, type ValueRange } from './depth_map.js';
import type { DrawingCache } from './drawing_cache.js';
import { RangedDrawings } from './ranged_drawings.js';
import type { Gpu } from '../gpu/gpu.js';

type Drawings = Pick<DrawingCache, 'use'>;

/**
 * A range that a caller gives in place of a map's own, as f32[8] of `depthRange`: its ends are the percentiles too.
 * @throws UsageError `OPTION_RANGE`
 */
export function rangeValues(range: ValueRange, phase: Phase): readonly number[] {
  const { min, max } = (range ?? {}) as ValueRange;
  const span = Math.fround(Math.fround(max) - Math.fround(min));
  if (!([min, max, span].every(Number.isFinite) && min <= max))
    throw optionFault('range', 'range', range, '{ min, max } of finite f32, the smaller one first', phase);
  return [min, max, min, max, 0, 0, 0, 0];
}

/** What draws maps between the ends that a caller gives. @throws UsageError `OPTION_RANGE` */
export function drawingsBetween({ device }: Gpu, drawings: Drawings, range: ValueRange): Drawings {
  const values = new Float32Array(rangeValues(range, 'write'));
  return new RangedDrawings(drawings, 'between', (_encoder, input) => device.queue.writeBuffer(input, 0, values));
}

/**
 * The same values with the ends that a caller gives; what is made of it is to be disposed of by the caller.
 * @throws UsageError `OPTION_RANGE`
 */
export function mapBetween(map: DepthMapOnGpu, drawings: Drawings, range: ValueRange): DepthMap {
  return newDepthMap(map.gpu, drawingsBetween(map.gpu, drawings, range), { depth: map.buffer }, map);
}
