import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { worstError } from '../../truth/compare.js';
import { compareFaults } from '../unit/truth/compare_checks.js';
import { compareMutants } from './compare_mutants.js';
import { kernelMutants } from './kernels/kernels.js';
import { isLong, testMutants } from './mutant_tests.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(
  () => gpu,
  kernelMutants.filter((mutant) => !isLong(mutant)),
);

describe('seeded wrong kernels', () => {
  it('are many, and named once', () => {
    expect(kernelMutants.length).toBeGreaterThanOrEqual(100);
    expect(new Set(kernelMutants.map(({ op, name }) => `${op}: ${name}`)).size).toBe(kernelMutants.length);
  });
});

describe('seeded wrong comparators', () => {
  it('differ from the right one, which has no fault', () => {
    expect(compareFaults(worstError)).toEqual([]);
  });

  it.each(compareMutants)('$name', ({ compare }) => {
    expect(compareFaults(compare)).not.toEqual([]);
  });
});
