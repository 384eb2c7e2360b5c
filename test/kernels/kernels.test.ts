import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase } from '../../src/kernels/spec.js';
import { testGpu } from '../gpu.js';
import { expectCase, makeInputs, runCase } from './harness.js';
import { applies } from './instances.js';
import { specs } from './specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// Every case of every spec, on every kernel candidate that is one for it, in f32 and in f16 storage.
for (const spec of specs) {
  describe(spec.op.name, () => {
    for (const variant of Object.keys(spec.op.kernels)) {
      const cases = spec.cases.filter((kase) => applies(spec, kase, variant));
      for (const kase of cases) {
        it(`${variant}, f32: ${kase.name}`, async () => void (await expectCase(gpu, spec, kase, variant, false)));
        if (!spec.halfAttrs || kase.half === false) continue;
        it(`${variant}, f16: ${kase.name}`, async ({ skip }) => {
          if (!gpu.facts.f16) skip('the adapter has no shader-f16');
          await expectCase(gpu, spec, kase, variant, true);
        });
      }

      it(`${variant}: the shape of the dispatch and a second run change no bit`, async () => {
        const kase = cases[1] as KernelCase<unknown>;
        const inputs = makeInputs(spec, kase, false);
        const run = (dispatch?: (x: number) => readonly [number, number]) => runCase(gpu, spec, inputs, kase.attrs, variant, dispatch);
        const once = await run();
        expect(await run()).toEqual(once);
        expect(await run((x) => [Math.ceil(x / 2), 3]), 'folded, with surplus workgroups').toEqual(once);
      });
    }
  });
}
