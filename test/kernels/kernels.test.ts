import { beforeAll } from 'vitest';
import { kernelNames } from '../../src/kernels/op.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { isLong, testKernels } from './kernel_tests.js';
import { specs } from '../../truth/specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

for (const spec of specs)
  testKernels(
    () => gpu,
    spec,
    kernelNames(spec.op).filter((kernel) => !isLong(spec, kernel)),
  );
