import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { caseError } from '../kernels/run_case.js';
import { testGpu } from '../gpu.js';
import { kernelMutants } from './kernels/kernels.js';
import { casesOf, kernelOf, mutated, specOf } from './mutant.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

/** Error ratios of right kernels, each computed once a case. */
const sound = new Map<string, Promise<number>>();

function soundRatio(spec: KernelSpec, kase: KernelCase<unknown>, kernel: string, half: boolean): Promise<number> {
  const key = [spec.op.name, kernel, kase.name, half].join();
  const ratio = sound.get(key) ?? caseError(gpu, spec, kase, kernel, half).then((worst) => worst.ratio);
  sound.set(key, ratio);
  return ratio;
}

/** Every mutant must be told from the right kernel, which must pass. */
describe('seeded wrong kernels', () => {
  // A mutant whose text is not found, that does not compile or that raises any error is not killed: it fails the test.
  it.each(kernelMutants)('$op: $name', async (mutant) => {
    const spec = specOf(mutant);
    const kernel = kernelOf(mutant);
    const { half = false } = mutant;
    const ratios: number[] = [];
    for (const kase of casesOf(mutant)) {
      expect(await soundRatio(spec, kase, kernel, half), `unmutated, "${kase.name}"`).toBeLessThanOrEqual(1);
      ratios.push((await caseError(gpu, mutated(spec, mutant.mutate), kase, kernel, half)).ratio);
      if ((ratios.at(-1) as number) > 1) break;
    }
    expect(Math.max(...ratios), 'error in units of the gate').toBeGreaterThan(1);
  });
});
