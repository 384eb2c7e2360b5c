import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { gpuConvMutants } from '../mutation/kernels/gpu_conv.js';
import { testMutants } from '../mutation/mutant_tests.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(() => gpu, gpuConvMutants);
