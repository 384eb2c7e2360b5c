import { beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/gpu/gpu.js';
import { kernelNames } from '../../src/kernels/op.js';
import type { KernelSpec } from '../../src/kernels/spec.js';
import { checkKernel } from '../../src/tuning/known_answer.js';
import { testGpu } from '../gpu.js';
import { isLong, testKernels } from '../kernels/kernel_tests.js';
import { specs } from '../../truth/specs.js';
import { askAttention } from '../unit/model/attention_answers.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// What a software adapter takes long to compile, most of it made for GPUs, or to run.
for (const spec of specs)
  if (spec.longKernels || spec.cases.some(({ long }) => long)) testKernels(() => gpu, spec, 'long');

describe('the known answers', () => {
  // Kernels that only CPU adapters run are not tuned, so nothing is asked of them.
  const kernels = specs.flatMap((spec) =>
    spec.op.kernels
      .filter(({ name, on }) => on !== 'cpu' && isLong(spec, name))
      .map(({ name }) => [spec.op.name, name, spec.op] as const),
  );

  it.each(kernels)('of %s/%s', async (_, kernel, op) => {
    expect(await checkKernel(Gpu.adopt(gpu.device), 'f32', op, kernel)).toBe(true);
  });

  const spec = specs.find(({ op }) => op.name === 'attention') as KernelSpec;
  it.each(kernelNames(spec.op).filter((kernel) => isLong(spec, kernel)))(
    'of attention/%s that windows and grids bring along',
    async (kernel) => {
      for (const where of ['windows', 'grid'] as const)
        expect(await askAttention(gpu.device, where, kernel)).toBe(true);
    },
  );
});
