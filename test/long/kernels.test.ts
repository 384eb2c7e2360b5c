import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { testKernels } from '../kernels/kernel_tests.js';
import { specs } from '../../truth/specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// Kernels made for GPUs, which a software adapter takes long to compile.
for (const spec of specs) if (spec.longKernels) testKernels(() => gpu, spec, spec.longKernels);
