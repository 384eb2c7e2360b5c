import { beforeAll, describe, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelSpec } from '../../src/kernels/spec.js';
import { testGpu } from '../gpu.js';
import { expectCase } from './harness.js';
import { specs } from './specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// Every case of every spec, on every kernel candidate, in f32 and in f16 storage.
for (const spec of specs as readonly KernelSpec[]) {
  describe(spec.op.name, () => {
    for (const variant of Object.keys(spec.op.kernels)) {
      for (const kase of spec.cases) {
        it(`${variant}, f32: ${kase.name}`, async () => void (await expectCase(gpu, spec, kase, variant, false)));
        if (!spec.halfAttrs) continue;
        it(`${variant}, f16: ${kase.name}`, async ({ skip }) => {
          if (!gpu.facts.f16) skip('the adapter has no shader-f16');
          await expectCase(gpu, spec, kase, variant, true);
        });
      }
    }
  });
}
