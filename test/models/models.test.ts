import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Node } from '../../src/graph/graph.js';
import { applicableKernels } from '../../src/graph/kernel_choice.js';
import type { FixtureRecord } from '../../truth/recordings.js';
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

  // Only tuning picks these, which a software adapter has none of.
  it.each(['depth-anything-v2-small-126x126', 'midas-v2.1-small-128x128'])(
    '%s, f16, with the packed kernels that there are',
    async (name) => {
      const packed = new Set<Node>();
      const kernel = (node: Node) => {
        const found = applicableKernels(node).find((each) => each === 'packed');
        if (found) packed.add(node);
        return found;
      };
      await expectFixture(gpu, name, fixtures()[name] as FixtureRecord, 'f16', { kernel });
      expect(packed.size).toBeGreaterThan(10);
    },
  );
});
