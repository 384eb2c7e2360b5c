import { expect } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import type { WorstError } from '../../truth/compare.js';
import { caseError } from './run_case.js';

/** Runs a case against the reference loops and expects it inside the gate. */
export async function expectCase(
  gpu: Gpu,
  spec: KernelSpec,
  kase: KernelCase<unknown>,
  kernel: string,
  half: boolean,
): Promise<WorstError> {
  const worst = await caseError(gpu, spec, kase, kernel, half);
  expect(
    worst.ratio,
    `${spec.op.name}/${kernel} "${kase.name}" ${half ? 'f16' : 'f32'}: ${JSON.stringify(worst)}`,
  ).toBeLessThanOrEqual(1);
  return worst;
}
