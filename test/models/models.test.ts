import { beforeAll, describe, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { expectFixture } from './expect_fixture.js';
import { fixtures } from './fixtures.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

describe('models against the published code, stage by stage', () => {
  for (const [name, fixture] of Object.entries(fixtures()).filter(([, f]) => f.suite === 'default')) {
    for (const storage of ['f32', 'f16'] as const) {
      it(`${name}, ${storage}`, async ({ skip }) => {
        if (storage === 'f16' && !gpu.facts.f16) skip('the adapter has no shader-f16');
        await expectFixture(gpu, name, fixture, storage);
      });
    }
  }
});
