import { compareStage, type StageError } from '../../truth/compare_stage.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { recordedStages } from './fixtures.js';
import type { ModelRun } from './run_model.js';

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
  const compared = [...run.stages].filter(([stage]) => storage === 'f32' || !fixture.stepped?.includes(stage));
  return compared.map(([stage, { shape, values }]) => {
    const record = fixture.stages[stage]!;
    // How far its two angles are apart is no measure of them: they are compared in units of the larger one.
    const of = stage === 'fieldOfView' ? { ...record, min: 0 } : record;
    const error = compareStage(stage, of, recorded.get(stage)!, values, shape);
    return { ...error, passes: error.max <= BOUNDS[storage].max && error.mean <= BOUNDS[storage].mean };
  });
}
