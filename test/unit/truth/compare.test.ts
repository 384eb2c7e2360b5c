import { expect, it } from 'vitest';
import { worstError } from '../../../truth/compare.js';
import { compareChecks, compareFaults } from './compare_checks.js';

it(`tells ${compareChecks.length} right and wrong results apart`, () => {
  expect(compareFaults(worstError)).toEqual([]);
});

it('names the worst element', () => {
  const y = { type: { dtype: 'f32', shape: [3] } as const, values: Float64Array.of(1, 2.5, 3.25) };
  const expected = { shape: [3], values: Float64Array.of(1, 2, 3), magnitude: Float64Array.of(1, 1, 1) };
  expect(worstError(8, { y }, { y: expected })).toEqual({
    ratio: 0.5 / (8 * 2 ** -24),
    output: 'y',
    index: 1,
    actual: 2.5,
    expected: 2,
  });
});
