import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { runsOn } from '../../src/kernels/op.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { makeInputs } from '../../truth/inputs.js';
import { expectCase } from './harness.js';
import { applies, kernelOf } from './instances.js';
import { runCase } from './run_case.js';

/** Whether the cases of a kernel are for the long suite. A slim one takes as long as its twin. */
export function isLong({ longKernels }: KernelSpec, kernel: string): boolean {
  return longKernels?.includes(kernel.replace(/^slim_/, '')) ?? false;
}

const ELSEWHERE = 'the adapter has subgroups of another size';

/** Every case of a spec on some of its kernels, where they are ones for it, in f32 and in f16 storage. */
export function testKernels(gpu: () => Gpu, spec: KernelSpec, kernels: readonly string[]): void {
  const runs = (kase: KernelCase<unknown>, kernel: string): boolean => {
    const made = kernelOf(spec, kase, kernel, false);
    // Slim kernels run anywhere, if slower.
    return made !== undefined && runsOn(made, { ...gpu().facts, slim: true });
  };
  describe(spec.op.name, () => {
    for (const kernel of kernels) {
      const cases = spec.cases.filter((kase) => applies(spec, kase, kernel));
      for (const kase of cases) {
        it(`${kernel}, f32: ${kase.name}`, async ({ skip }) => {
          if (!runs(kase, kernel)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, kernel, false);
        });
        if (!spec.halfAttrs || kase.half === false) continue;
        it(`${kernel}, f16: ${kase.name}`, async ({ skip }) => {
          if (!gpu().facts.f16) skip('the adapter has no shader-f16');
          if (!runs(kase, kernel)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, kernel, true);
        });
      }

      it(`${kernel}: the shape of the dispatch and a second run change no bit`, async ({ skip }) => {
        const kase = cases[1] as KernelCase<unknown>;
        if (!runs(kase, kernel)) skip(ELSEWHERE);
        const inputs = makeInputs(spec, kase, false);
        const run = (dispatch?: (x: number) => readonly [number, number]) =>
          runCase(gpu(), spec, inputs, kase.attrs, kernel, dispatch);
        const once = await run();
        expect(await run()).toEqual(once);
        expect(await run((x) => [Math.ceil(x / 2), 3]), 'folded, with surplus workgroups').toEqual(once);
      });
    }
  });
}
