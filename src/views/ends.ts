import { UsageError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Size } from '../image/size.js';
import type { DepthKind } from '../models/family.js';
import { checkNumber } from './lens.js';
import { measureRange } from './measure.js';

const DEPTH_RATIO = 8;
const STEP = 0.04;

/** When two neighbours are on two surfaces. @internal */
export interface StepRule {
  readonly LEAST: number;
  readonly RATIO: number;
}

interface Map extends Size {
  readonly buffer: GPUBuffer;
  readonly kind: DepthKind['kind'];
}

interface EndOptions {
  readonly near?: number;
  readonly far?: number;
  readonly range?: readonly [low: number, high: number];
}

/** What the depths of a scene span. */
export interface Ends {
  readonly near: number;
  readonly far: number;
  /** What the first kernel takes from values: the value of `far` or 0, and units of the result a unit of the map. */
  readonly low: number;
  readonly scale: number;
}

/**
 * The ends that options give, or that the values of the map have.
 * @throws UsageError `OPTION_VALUE`
 */
export async function findEnds(gpu: Gpu, depth: Map, options: EndOptions): Promise<Ends> {
  const { kind } = depth;
  if (options.near !== undefined) checkNumber('near', options.near, 1e-6, 1e6);
  if (options.far !== undefined) checkNumber('far', options.far, 1e-6, 1e9);
  if (options.range && (kind === 'metric' || !(options.range[0] < options.range[1])))
    throw new UsageError('OPTION_VALUE', `The option range is ${options.range.join(' to ')} of a ${kind} map.`, {
      hint: 'It is the lower and the higher value of a relative map.',
      phase: 'build',
    });
  const known = kind === 'metric' ? options.near !== undefined && options.far !== undefined : options.range;
  const [low, high] = options.range ?? (known ? [0, 0] : await measureRange(gpu, depth));
  if (kind === 'metric') return ordered(options.near ?? low, options.far ?? high, 0, 1);
  const near = options.near ?? 1;
  if (kind === 'relative-inverse')
    return ordered(near, options.far ?? DEPTH_RATIO * near, low, high > low ? 1 / (high - low) : 0);
  const scale = low > 0 ? near / low : 1;
  return ordered(near, options.far ?? high * scale, 0, scale);
}

function ordered(near: number, far: number, low: number, scale: number): Ends {
  const ends = { near: Math.max(near, 1e-6), far, low, scale };
  if (ends.far > ends.near) return ends;
  if (far === near) return { ...ends, far: near * 1.001 };
  throw new UsageError('OPTION_VALUE', `near is ${near} and far is ${far}; expected near below far.`, {
    phase: 'build',
  });
}

/** Inverse depths that differ by less than a floor's from near to far over a quarter of the picture are no step. */
export function stepRule({ width, height }: Size, { near, far }: Ends, step = STEP): StepRule {
  checkNumber('step', step, 0.001, 10);
  return { LEAST: (4 / Math.min(width, height)) * (1 / near - 1 / far), RATIO: 1 + step };
}
