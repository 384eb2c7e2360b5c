import { beforeAll } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { testModelMutants } from './mutants.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

testModelMutants(() => gpu, false);
