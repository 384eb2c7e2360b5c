import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { depthAnything3Mutants } from '../mutation/kernels/depth_anything_3.js';
import { gpuConvMutants } from '../mutation/kernels/gpu_conv.js';
import { zoeMutants } from '../mutation/kernels/zoe.js';
import { testMutants } from '../mutation/mutant_tests.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testMutants(() => gpu, [...gpuConvMutants, ...zoeMutants, ...depthAnything3Mutants]);
