import type { DepthKind } from '../../models/family.js';

/** What the numbers of a depth file mean, written beside them as JSON. */
export type DepthSemantics = StoredNumbers & DepthKind;

/** How a file's numbers stand for values, and whose they are. */
export interface StoredNumbers {
  /** A stored number stands for `offset + scale * stored`. Float formats store values themselves: scale 1, offset 0. */
  readonly scale: number;
  readonly offset: number;
  /** Registry name of the model that estimated the map. */
  readonly model: string;
  readonly width: number;
  readonly height: number;
}

/** The line from stored numbers to values: value = offset + scale * stored. */
export type Line = Pick<DepthSemantics, 'scale' | 'offset'>;

/**
 * Whether the levels of a drawing fall where values rise: the nearest end takes the last colour, unless it is inverted.
 */
export function levelsFall(nearer: DepthSemantics['nearer'], invert: boolean): boolean {
  return (nearer === 'smaller') !== invert;
}

/**
 * The line of the levels 0..255 that a drawing gives the colours of its map: value = offset + scale * level, off by
 * less than one step, for values inside the span drawn. Values outside it have the level of the nearest end.
 */
export function levelLine(
  nearer: DepthSemantics['nearer'],
  invert: boolean,
  { min, max }: Pick<FiniteRange, 'min' | 'max'>,
): Line {
  const step = (max - min) / 255;
  return levelsFall(nearer, invert) ? { scale: -step, offset: max } : { scale: step, offset: min };
}

/** Range of the finite values of a map, and how many values are not finite. All non-finite: 0 to 0. */
export interface FiniteRange {
  readonly min: number;
  readonly max: number;
  readonly nonFinite: number;
}

/** Smallest and largest finite value of `values`. */
export function finiteRange(values: Float32Array): FiniteRange {
  let min = Infinity;
  let max = -Infinity;
  let finite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min: finite ? min : 0, max: finite ? max : 0, nonFinite: values.length - finite };
}

/** Codes 0..65535 with the line that turns them back into values. */
export interface Codes16 {
  readonly codes: Uint16Array<ArrayBuffer>;
  /** value = offset + scale * code; scale is 1 for a flat map, whose codes are all 0. */
  readonly scale: number;
  readonly offset: number;
}

/**
 * Spreads `range` over all 65,536 codes, rounding to nearest. Values outside the range take the nearest end and never
 * wrap around; values that are not finite take code 0. The error of a value inside the range is at most scale / 2.
 */
export function quantize16(values: Float32Array, { min, max }: Pick<FiniteRange, 'min' | 'max'>): Codes16 {
  const scale = max > min ? (max - min) / 65535 : 1;
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const code = Math.round((values[i]! - min) / scale);
    codes[i] = Number.isFinite(values[i]!) ? Math.min(65535, Math.max(0, code)) : 0;
  }
  return { codes, scale, offset: min };
}
