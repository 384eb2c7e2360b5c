import { optionFault } from '../arguments/check_options.js';
import type { Phase } from '../errors.js';
import type { ValueRange } from './depth_map.js';

/**
 * A range that a caller gives in place of a map's own, as f32[8] of `depthRange`: its ends are the percentiles too.
 * @throws UsageError `OPTION_RANGE`
 */
export function rangeValues(range: ValueRange, phase: Phase): readonly number[] {
  const { min, max } = (range ?? {}) as ValueRange;
  if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max))
    throw optionFault('range', 'range', range, '{ min, max } of finite numbers, the smaller one first', phase);
  return [min, max, min, max, 0, 0, 0, 0];
}
