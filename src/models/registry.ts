import { families } from './families/index.js';
import type { Family, ModelEntry, Network } from './family.js';

/** Every model that can be loaded by name; of those that are free for every use, the better ones come first. */
export const registry: readonly ModelEntry[] = families.flatMap(({ entries }) => entries);

/** The family of a registry entry. */
export function familyOf(entry: ModelEntry): Family {
  return families.find(({ id }) => id === entry.family) as Family;
}

/** Fetches the code of an entry's network. */
export function networkOf(entry: ModelEntry): Promise<Network> {
  return familyOf(entry).network(entry);
}
