/** What the numbers of a map of true depth are. */
export type TruthKind = 'depth' | 'inverse';

/** A map of disparity (inverse depth, 0 at infinity) and the pixels of it that count. */
export interface Truth {
  /** In 1 / the unit of depth; NaN where the truth is not known. */
  readonly disparity: Float64Array;
  /** Indices of the known pixels, ascending. */
  readonly known: Uint32Array;
}

/** How stored numbers are to be read. */
export interface TruthReading {
  readonly kind: TruthKind;
  /** Depth (kind `depth`) or inverse depth (kind `inverse`) = scale * stored number; 1 unless given. */
  readonly scale?: number;
  /** Inverse depth of 0 means infinitely far, as sky is; otherwise 0 means not known. */
  readonly zeroIsFar?: boolean;
}

/**
 * Stored numbers as disparity. Not known: NaN, infinities, negative numbers, and 0 unless it means far.
 * @example
 * ```ts
 * import { truthOf } from 'depthwise/eval';
 *
 * const truth = truthOf([1, 2, 0, 4], { kind: 'depth' }); // three known pixels
 * ```
 */
export function truthOf(values: ArrayLike<number>, { kind, scale = 1, zeroIsFar = false }: TruthReading): Truth {
  const disparity = new Float64Array(values.length).fill(NaN);
  const known = new Uint32Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) * scale;
    const far = value === 0 && zeroIsFar && kind === 'inverse';
    if (!far && !(value > 0 && value < Infinity)) continue;
    disparity[i] = kind === 'depth' ? 1 / value : value;
    known[count++] = i;
  }
  return { disparity, known: known.slice(0, count) };
}

/** The values at some indices. */
export function valuesAt(values: ArrayLike<number>, indices: Uint32Array): Float64Array {
  const picked = new Float64Array(indices.length);
  for (let i = 0; i < picked.length; i++) picked[i] = values[indices[i] as number] as number;
  return picked;
}
