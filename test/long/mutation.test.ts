import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { winogradMutants } from '../mutation/kernels/winograd.js';
import { testMutants } from '../mutation/mutant_tests.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(() => gpu, winogradMutants);
