import { beforeAll, describe, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { expectFixture } from '../models/expect_fixture.js';
import { fixtures } from '../models/fixtures.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

// Depth Anything base and large, and the small model at its own 518×518, where the odd token grid is 37 and then 19.
describe('large models and full sizes against the published code', () => {
  for (const [name, fixture] of Object.entries(fixtures()).filter(([, f]) => f.suite === 'long')) {
    it(`${name}, f32`, async () => expectFixture(gpu, name, fixture, 'f32'));
    it(`${name}, f16`, async ({ skip }) => {
      if (!gpu.facts.f16) skip('the adapter has no shader-f16');
      await expectFixture(gpu, name, fixture, 'f16');
    });
  }
});
