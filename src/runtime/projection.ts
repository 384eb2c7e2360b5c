import { optionFault } from '../arguments/check_options.js';
import { UsageError } from '../errors.js';
import type { DepthKind } from '../models/family.js';

/** The camera whose depth buffer a `depth32float` target is, and where it sees the ends of a relative map. */
export interface DepthProjection {
  /** Distance of the near plane. */
  readonly near: number;
  /** Distance of the far plane; may be `Infinity`. */
  readonly far: number;
  /** Whether the near plane has z 1 and the far plane 0, in place of 0 and 1. */
  readonly reversed?: boolean;
  /** Where the nearest value of a relative map is seen: at `near` unless given. */
  readonly nearest?: number;
  /** Where the farthest value of a relative inverse map is seen: at `far` unless given. */
  readonly farthest?: number;
}

/**
 * What the shader takes of a projection, see `PROJECTION`.
 * @throws UsageError `OPTION_PROJECTION`
 */
export function projectionOf(projection: DepthProjection | undefined, kind: DepthKind['kind']): readonly number[] {
  if (typeof projection !== 'object' || projection === null)
    throw optionFault('projection', 'projection', projection, 'near and far of the camera, for depth32float', 'run');
  const { near, far, reversed = false, nearest = near, farthest = far } = projection;
  if (typeof reversed !== 'boolean')
    throw optionFault('projection', 'projection.reversed', reversed, ['true', 'false'], 'run');
  ordered('near', near, 'far', far);
  ordered('nearest', nearest, 'farthest', farthest);
  for (const end of ['nearest', 'farthest'] as const)
    if (kind === 'metric' && projection[end] !== undefined)
      throw optionFault('projection', `projection.${end}`, projection[end], 'nothing: metres need no ends', 'run');
  const slope = 1 / (1 / near - 1 / far);
  const [a, b, end] = reversed ? [slope, -slope / far, 0] : [-slope, 1 + slope / far, 1];
  return [1 / nearest - 1 / farthest, 1 / farthest, a, b, end];
}

function ordered(low: string, from: number, high: string, to: number): void {
  if (typeof from === 'number' && typeof to === 'number' && from >= 1e-6 && from < to && 1 / from > 1 / to) return;
  throw new UsageError('OPTION_PROJECTION', `projection.${low} is ${from} and projection.${high} is ${to}.`, {
    hint: `Expected 0 < ${low} < ${high}; ${high} may be Infinity.`,
    expected: [1e-6, Infinity],
    actual: [from, to],
    phase: 'run',
  });
}
