import type { Expected } from '../src/kernels/spec.js';
import type { TensorType } from '../src/tensor.js';

/** An output read back from the GPU. */
export interface Actual {
  readonly type: TensorType;
  readonly values: Float64Array;
}

/** Worst element of an output against the reference. */
export interface WorstError {
  /** |y - reference| in units of what the gate allows; at most 1 passes. */
  readonly ratio: number;
  readonly output: string;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

export type Compare = (
  gate: number,
  actual: Readonly<Record<string, Actual>>,
  expected: Readonly<Record<string, Expected>>,
) => WorstError;

/**
 * Compares outputs with the reference. NaN and infinity are infinite errors whatever is expected; missing or extra
 * outputs, other shapes, empty outputs and a reference that is not finite are thrown.
 */
export const worstError: Compare = (gate, actual, expected) => {
  let worst: WorstError = { ratio: -1, output: '', index: -1, actual: NaN, expected: NaN };
  const names = Object.keys(expected).sort().join();
  if (names === '' || Object.keys(actual).sort().join() !== names)
    throw new Error(`outputs are [${Object.keys(actual)}], expected [${names}]`);
  for (const [output, { shape, values, magnitude }] of Object.entries(expected)) {
    const { type, values: got } = actual[output] as Actual;
    if (type.shape.join() !== shape.join() || got.length !== values.length || values.length === 0) {
      throw new Error(
        `output "${output}" is [${type.shape}] with ${got.length} values, expected [${shape}] with ${values.length}`,
      );
    }
    for (let index = 0; index < values.length; index++) {
      const [y, reference, scale] = [got[index] as number, values[index] as number, magnitude[index] as number];
      if (!Number.isFinite(reference) || !Number.isFinite(scale))
        throw new Error(`reference of "${output}" is ${reference} ± ${scale} at ${index}`);
      const ratio = errorRatio(
        y,
        reference,
        gate * 2 ** -24 * scale + (type.dtype === 'f16' ? 2 ** -11 * Math.abs(reference) + 2 ** -24 : 0),
      );
      if (ratio > worst.ratio) worst = { ratio, output, index, actual: y, expected: reference };
    }
  }
  return worst;
};

function errorRatio(y: number, reference: number, allowed: number): number {
  if (y === reference) return 0;
  return Number.isFinite(y) ? Math.abs(y - reference) / (allowed || Number.MIN_VALUE) : Infinity;
}
