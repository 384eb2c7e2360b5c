import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { kernelNames, runsOn } from '../../src/kernels/op.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { attrsOf, makeInputs } from '../../truth/inputs.js';
import { expectCase } from './harness.js';
import { kernelOf } from './instances.js';
import { runCase } from './run_case.js';

/** Whether a kernel, or a case on it, is for the long suite. A slim kernel takes as long as its twin. */
export function isLong({ longKernels = [] }: KernelSpec, kernel: string, kase?: KernelCase<unknown>): boolean {
  return kase?.long === true || longKernels.includes(kernel.replace(/^slim_/, ''));
}

const ELSEWHERE = 'the adapter has subgroups of another size';

/** The cases of a spec for a suite on its kernels, where they are ones for it, in f32 and in f16 storage. */
export function testKernels(gpu: () => Gpu, spec: KernelSpec, suite: 'default' | 'long'): void {
  const isMeant = (kernel: string, kase?: KernelCase<unknown>) => isLong(spec, kernel, kase) === (suite === 'long');
  const runs = (kase: KernelCase<unknown>, kernel: string, half = false): boolean => {
    const made = kernelOf(spec, kase, kernel, half);
    // Slim kernels run anywhere, if slower.
    return made !== undefined && runsOn(made, { ...gpu().facts, slim: true });
  };
  describe(spec.op.name, () => {
    for (const kernel of kernelNames(spec.op)) {
      const cases = spec.cases.filter((kase) => isMeant(kernel, kase) && kernelOf(spec, kase, kernel, false));
      for (const kase of cases) {
        it(`${kernel}, f32: ${kase.name}`, async ({ skip }) => {
          if (!runs(kase, kernel)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, kernel, false);
        });
      }
      const halves = spec.cases.filter(
        (kase) => isMeant(kernel, kase) && spec.halfAttrs && kase.half !== false && kernelOf(spec, kase, kernel, true),
      );
      for (const kase of halves) {
        it(`${kernel}, f16: ${kase.name}`, async ({ skip }) => {
          if (!gpu().facts.f16) skip('the adapter has no shader-f16');
          if (!runs(kase, kernel, true)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, kernel, true);
        });
      }

      if (!isMeant(kernel)) continue;
      // The packed kernel is of f16 alone.
      const half = cases.length === 0;
      const kase = half ? halves[0] : cases[1];
      if (!kase) continue;
      it(`${kernel}: the shape of the dispatch and a second run change no bit`, async ({ skip }) => {
        if (half && !gpu().facts.f16) skip('the adapter has no shader-f16');
        if (!runs(kase, kernel, half)) skip(ELSEWHERE);
        const inputs = makeInputs(spec, kase, half);
        const run = (dispatch?: (x: number) => readonly [number, number]) =>
          runCase(gpu(), spec, inputs, attrsOf(spec, kase, half), kernel, dispatch);
        const once = await run();
        expect(await run()).toEqual(once);
        expect(await run((x) => [Math.ceil(x / 2), 3]), 'folded, with surplus workgroups').toEqual(once);
      });
    }
  });
}
