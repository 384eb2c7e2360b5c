import { UsageError } from '../errors.js';

/** @throws UsageError SHAPE_MISMATCH where a list has not so many values */
export function requireLength(name: string, { length }: ArrayLike<unknown>, expected: number): void {
  if (length === expected) return;
  throw new UsageError('SHAPE_MISMATCH', `${name} has ${length} values, expected ${expected}.`, {
    expected,
    actual: length,
  });
}

/** @throws UsageError SHAPE_MISMATCH where there is nothing to take the mean of */
export function requireSome(name: string, { length }: ArrayLike<unknown>): void {
  if (length > 0) return;
  throw new UsageError('SHAPE_MISMATCH', `${name}: there are none, expected one at least.`, { actual: length });
}
