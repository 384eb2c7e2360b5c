import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { worstError } from '../../truth/compare.js';
import { compareFaults } from '../unit/truth/compare_checks.js';
import { compareMutants } from './compare_mutants.js';
import { convMutants } from './kernels/conv.js';
import { gemmMutants } from './kernels/gemm.js';
import { pictureMutants } from './kernels/picture.js';
import { resizeMutants } from './kernels/resize.js';
import { steadyMutants } from './kernels/steady.js';
import { tokenMutants } from './kernels/tokens.js';
import { testMutants } from './mutant_tests.js';

const kernelMutants = [
  ...gemmMutants,
  ...convMutants,
  ...resizeMutants,
  ...tokenMutants,
  ...pictureMutants,
  ...steadyMutants,
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(() => gpu, kernelMutants);

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
