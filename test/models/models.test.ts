import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { testGpu } from '../gpu.js';
import { compareStage, type StageError } from './compare.js';
import { fixtures, recordedStages } from './fixtures.js';
import { runFixture } from './run_model.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

/** Bounds on the final map, in units of the reference's range, and on every stage before it. The worst seen in f32 is 4e-6. */
const BOUNDS = { f32: { max: 2e-5, mean: 2e-6 }, f16: { max: 2e-2, mean: 2e-3 } } as const;

describe('models against the published code, stage by stage', () => {
  for (const [name, fixture] of Object.entries(fixtures()).filter(([, f]) => f.suite === 'default')) {
    for (const storage of ['f32', 'f16'] as const) {
      it(`${name}, ${storage}`, async ({ skip }) => {
        if (storage === 'f16' && !gpu.facts.f16) skip('the adapter has no shader-f16');
        const run = await runFixture(gpu, fixture, storage);
        const recorded = recordedStages(name);
        const errors: StageError[] = [];
        for (const [stage, { shape, values }] of run.stages) {
          errors.push(compareStage(stage, fixture.stages[stage]!, recorded.get(stage)!, values, shape));
        }
        const table = errors.map((e) => `${e.stage} max ${e.max.toExponential(2)} mean ${e.mean.toExponential(2)}`).join('\n');
        expect(errors.length).toBeGreaterThan(10);
        for (const { stage, max, mean } of errors) {
          expect(max, `${stage}\n${table}`).toBeLessThanOrEqual(BOUNDS[storage].max);
          expect(mean, `${stage}\n${table}`).toBeLessThanOrEqual(BOUNDS[storage].mean);
        }
        console.log(`${name} ${storage}: ${run.dispatches} dispatches; ${table.split('\n').at(-1)}`);
      });
    }
  }
});
