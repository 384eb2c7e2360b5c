import { LimitError } from '../errors.js';

/** Largest finite half. */
const HALF_MAX = 65504;

const OTHER_PRECISION = 'Load the model with precision "f32", or with "auto", which goes on in f32.';

/** What is said of a run in which values were cut off. */
export function outOfHalfRange(model: string, hint = OTHER_PRECISION): LimitError {
  return new LimitError(
    'LIMIT_F16_RANGE',
    `Values inside ${model} are past ${HALF_MAX}, the range of f16, so that its map would be wrong.`,
    {
      limit: 'f16 range',
      expected: HALF_MAX,
      phase: 'run',
      hint,
    },
  );
}
