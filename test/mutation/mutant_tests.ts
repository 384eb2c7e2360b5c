import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { caseError } from '../kernels/run_case.js';
import { specs } from '../../truth/specs.js';
import { mutated, type KernelMutant } from './mutant.js';

function specOf({ op }: KernelMutant): KernelSpec {
  const spec = specs.find((s) => s.op.name === op);
  if (!spec) throw new Error(`No op is called "${op}".`);
  return spec;
}

function casesOf({ cases }: KernelMutant, spec: KernelSpec): KernelCase<unknown>[] {
  return cases.map((name) => {
    const kase = spec.cases.find((c) => c.name === name);
    if (!kase) throw new Error(`${spec.op.name} has no case "${name}".`);
    return kase;
  });
}

/** Error ratio of the right kernel, computed once a case. */
function soundRatio(
  gpu: Gpu,
  sound: Map<string, Promise<number>>,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  kernel: string,
  half: boolean,
): Promise<number> {
  const key = [spec.op.name, kernel, kase.name, half].join();
  const ratio = sound.get(key) ?? caseError(gpu, spec, kase, kernel, half).then((worst) => worst.ratio);
  sound.set(key, ratio);
  return ratio;
}

/** Whether a mutant is of a kernel that the long suite runs, which compiles slowly. */
export function isLong(mutant: KernelMutant): boolean {
  return mutant.kernel !== undefined && specOf(mutant).longKernels?.includes(mutant.kernel) === true;
}

/** Every mutant must be told from the right kernel, which must pass. */
export function testMutants(gpu: () => Gpu, mutants: readonly KernelMutant[]): void {
  const sound = new Map<string, Promise<number>>();
  describe('seeded wrong kernels', () => {
    // A mutant whose text is not found, that does not compile or that raises any error is not killed: it fails the
    // test.
    it.each(mutants)('$op: $name', async (mutant) => {
      const spec = specOf(mutant);
      const { half = false, kernel = spec.op.kernels[0]!.name } = mutant;
      const ratios: number[] = [];
      for (const kase of casesOf(mutant, spec)) {
        expect(
          await soundRatio(gpu(), sound, spec, kase, kernel, half),
          `unmutated, "${kase.name}"`,
        ).toBeLessThanOrEqual(1);
        ratios.push((await caseError(gpu(), mutated(spec, mutant.mutate), kase, kernel, half)).ratio);
        if ((ratios.at(-1) as number) > 1) break;
      }
      expect(Math.max(...ratios), 'error in units of the gate').toBeGreaterThan(1);
    });
  });
}
