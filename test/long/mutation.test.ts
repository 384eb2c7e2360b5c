import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { depthAnything3Mutants } from '../mutation/kernels/depth_anything_3.js';
import { doubtMutants } from '../mutation/kernels/doubt.js';
import { frameMutants } from '../mutation/kernels/frames.js';
import { gpuMutants } from '../mutation/kernels/gpu.js';
import { kernelMutants } from '../mutation/kernels/kernels.js';
import { steadyMutants } from '../mutation/kernels/steady.js';
import { zoeMutants } from '../mutation/kernels/zoe.js';
import { isLong, testMutants } from '../mutation/mutant_tests.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(
  () => gpu,
  [
    ...kernelMutants.filter(isLong),
    ...gpuMutants,
    ...zoeMutants,
    ...depthAnything3Mutants,
    ...frameMutants,
    ...doubtMutants,
    ...steadyMutants,
  ],
);
