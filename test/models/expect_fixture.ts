import { expect } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import { compareStage, type StageError } from '../../truth/compare_stage.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { recordedStages } from './fixtures.js';
import { NEVER_STORED, runFixture, type ModelRun } from './run_model.js';

/**
 * Bounds on the final map and on every stage before it, in units of the reference's range. The worst seen in f32 is
 * 4e-6.
 */
const BOUNDS = { f32: { max: 2e-5, mean: 2e-6 }, f16: { max: 2e-2, mean: 2e-3 } } as const;

/** A stage's distance from the published code, and whether it is inside the bounds. */
export interface StageVerdict extends StageError {
  readonly passes: boolean;
}

/** Distances of every recorded stage of a run. */
export function distances(
  name: string,
  fixture: FixtureRecord,
  run: ModelRun,
  storage: 'f32' | 'f16' = 'f32',
): StageVerdict[] {
  const recorded = recordedStages(name);
  return [...run.stages].map(([stage, { shape, values }]) => {
    const error = compareStage(stage, fixture.stages[stage]!, recorded.get(stage)!, values, shape);
    return { ...error, passes: error.max <= BOUNDS[storage].max && error.mean <= BOUNDS[storage].mean };
  });
}

/** Runs a fixture's model and expects every recorded stage inside the bounds. */
export async function expectFixture(
  gpu: Gpu,
  name: string,
  fixture: FixtureRecord,
  storage: 'f32' | 'f16',
): Promise<void> {
  const run = await runFixture(gpu, fixture, storage);
  const errors = distances(name, fixture, run, storage);
  const table = errors.map((e) => `${e.stage} max ${e.max.toExponential(2)} mean ${e.mean.toExponential(2)}`);
  // Every other recorded stage must have been compared.
  expect(errors.map(({ stage }) => stage)).toEqual(
    Object.keys(fixture.stages).filter((stage) => !NEVER_STORED.includes(stage)),
  );
  for (const { stage, passes } of errors) expect(passes, `${stage} is out of bounds\n${table.join('\n')}`).toBe(true);
  console.log(`${name} ${storage}: ${run.dispatches} dispatches; ${table.at(-1)}`);
}
