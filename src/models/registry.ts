import { families, type KnownModel } from './families/index.js';
import type { Family, FamilyCode } from './family.js';

/** Every model that can be loaded by name; of those that are free for every use, the better ones come first. */
export const registry: readonly KnownModel[] = families.flatMap(({ entries }) => entries);

/** Fetches the code of the family that an entry is of. */
export function codeOf(entry: KnownModel): Promise<FamilyCode<KnownModel>> {
  return (families.find(({ id }) => id === entry.family) as Family<KnownModel>).code();
}
