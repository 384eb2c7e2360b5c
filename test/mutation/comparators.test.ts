import { describe, expect, it } from 'vitest';
import { worstError } from '../../truth/compare.js';
import { compareFaults } from '../unit/truth/compare_checks.js';
import { compareMutants } from './compare_mutants.js';

describe('seeded wrong comparators', () => {
  it('differ from the right one, which has no fault', () => {
    expect(compareFaults(worstError)).toEqual([]);
  });

  it.each(compareMutants)('$name', ({ compare }) => {
    expect(compareFaults(compare)).not.toEqual([]);
  });
});
