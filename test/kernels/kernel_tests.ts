import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { runsOn } from '../../src/kernels/op.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import { expectCase, makeInputs, runCase } from './harness.js';
import { applies, kernelOf } from './instances.js';

const ELSEWHERE = 'the adapter has subgroups of another size';

/** Every case of a spec on some of its kernels, where they are ones for it, in f32 and in f16 storage. */
export function testKernels(gpu: () => Gpu, spec: KernelSpec, kernels: readonly string[]): void {
  const runs = (kase: KernelCase<unknown>, variant: string): boolean => {
    const kernel = kernelOf(spec, kase, variant, false);
    return kernel !== undefined && runsOn(kernel, gpu().facts);
  };
  describe(spec.op.name, () => {
    for (const variant of kernels) {
      const cases = spec.cases.filter((kase) => applies(spec, kase, variant));
      for (const kase of cases) {
        it(`${variant}, f32: ${kase.name}`, async ({ skip }) => {
          if (!runs(kase, variant)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, variant, false);
        });
        if (!spec.halfAttrs || kase.half === false) continue;
        it(`${variant}, f16: ${kase.name}`, async ({ skip }) => {
          if (!gpu().facts.f16) skip('the adapter has no shader-f16');
          if (!runs(kase, variant)) skip(ELSEWHERE);
          await expectCase(gpu(), spec, kase, variant, true);
        });
      }

      it(`${variant}: the shape of the dispatch and a second run change no bit`, async ({ skip }) => {
        const kase = cases[1] as KernelCase<unknown>;
        if (!runs(kase, variant)) skip(ELSEWHERE);
        const inputs = makeInputs(spec, kase, false);
        const run = (dispatch?: (x: number) => readonly [number, number]) =>
          runCase(gpu(), spec, inputs, kase.attrs, variant, dispatch);
        const once = await run();
        expect(await run()).toEqual(once);
        expect(await run((x) => [Math.ceil(x / 2), 3]), 'folded, with surplus workgroups').toEqual(once);
      });
    }
  });
}
