import { expect } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { compareStage } from './compare.js';
import { recordedStages, type FixtureRecord } from './fixtures.js';
import { runFixture } from './run_model.js';

/** Bounds on the final map and on every stage before it, in units of the reference's range. The worst seen in f32 is 4e-6. */
const BOUNDS = { f32: { max: 2e-5, mean: 2e-6 }, f16: { max: 2e-2, mean: 2e-3 } } as const;

/** Runs a fixture's model and expects every recorded stage inside the bounds. */
export async function expectFixture(gpu: Gpu, name: string, fixture: FixtureRecord, storage: 'f32' | 'f16'): Promise<void> {
  const run = await runFixture(gpu, fixture, storage);
  const recorded = recordedStages(name);
  const errors = [...run.stages].map(([stage, { shape, values }]) => compareStage(stage, fixture.stages[stage]!, recorded.get(stage)!, values, shape));
  const table = errors.map((e) => `${e.stage} max ${e.max.toExponential(2)} mean ${e.mean.toExponential(2)}`);
  // `head_conv2` is never stored here; every other recorded stage must have been compared.
  expect(errors.length).toBe(recorded.size - (recorded.has('head_conv2') ? 1 : 0));
  for (const { stage, max, mean } of errors) {
    expect(max, `${stage}\n${table.join('\n')}`).toBeLessThanOrEqual(BOUNDS[storage].max);
    expect(mean, `${stage}\n${table.join('\n')}`).toBeLessThanOrEqual(BOUNDS[storage].mean);
  }
  console.log(`${name} ${storage}: ${run.dispatches} dispatches; ${table.at(-1)}`);
}
