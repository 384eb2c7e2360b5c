import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { testKernels } from './kernel_tests.js';
import { specs } from '../../truth/specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

for (const spec of specs) testKernels(() => gpu, spec, 'default');
