import { preprocessHub } from '../image/preprocess_hub.js';
import type { FamilyCode, ModelEntry } from '../models/family.js';
import type { EngineOptions } from './engine.js';
import { flipAveraged } from './flip_average.js';

/** The code of a family as options ask for it that are not the authors' defaults. */
export function variantOf(
  code: FamilyCode,
  { convention, flipAverage }: Pick<EngineOptions, 'convention' | 'flipAverage'>,
): FamilyCode {
  const usual = convention === 'hub' ? { preprocess: preprocessHub } : {};
  const averaged = flipAverage && {
    runs: 2,
    network: (entry: ModelEntry) => flipAveraged(code.network(entry)),
  };
  return { ...usual, ...code, ...averaged };
}
