import { LicenseError, ModelMismatchError, quote, UsageError } from '../errors.js';
import { describeArchitecture, requireFamily, type Architecture } from '../weights/architecture.js';
import type { DepthAnythingHubConfig } from '../weights/hub_config.js';
import { registry, type ModelEntry } from './registry.js';

/** The entry of a registry name; undefined when there is none. */
export function findEntry(name: string): ModelEntry | undefined {
  return registry.find((entry) => entry.name === name);
}

/** The entry of a registry name. @throws UsageError `MODEL_NAME` listing the names there are. */
export function entryByName(name: string): ModelEntry {
  const entry = findEntry(name);
  if (entry) return entry;
  throw new UsageError('MODEL_NAME', `There is no model ${quote(name)}.`, { actual: name, expected: registry.map((e) => e.name), hint: `Models: ${registry.map((e) => e.name).join(', ')}.`, phase: 'load' });
}

/**
 * Which published model a file is. What tensors cannot tell comes from the name or the hub's config.json, or is refused.
 * @throws ModelMismatchError `MODEL_ARCHITECTURE` when the file is not the named model, `MODEL_UNSUPPORTED`, `MODEL_AMBIGUOUS`
 */
export function resolveEntry(found: Architecture, source: string, named?: ModelEntry, config?: DepthAnythingHubConfig): ModelEntry {
  if (named) {
    requireFamily(found, named.family, source);
    if (found.size === named.size) return named;
    throw new ModelMismatchError('MODEL_ARCHITECTURE', `${source}: this is ${describeArchitecture(found)}, not ${named.title}.`, { source, expected: named.name, actual: found, phase: 'load' });
  }
  const family = registry.filter((entry) => entry.family === found.family && entry.size === found.size);
  const matching = config ? family.filter((entry) => matches(entry, config)) : family;
  if (matching.length === 1) return matching[0] as ModelEntry;
  if (matching.length === 0) {
    throw new ModelMismatchError('MODEL_UNSUPPORTED', `${source}: this looks like ${describeArchitecture(found)}, which cannot be run yet.`, { source, actual: found, phase: 'load' });
  }
  const names = matching.map((entry) => entry.name);
  throw new ModelMismatchError('MODEL_AMBIGUOUS', `${source}: this is ${describeArchitecture(found)}; its tensors do not say which of ${names.join(', ')} it is.`, {
    source,
    expected: names,
    hint: 'Name the model.',
    phase: 'load',
  });
}

function matches(entry: ModelEntry, { version, kind, maxDepth }: DepthAnythingHubConfig): boolean {
  if (!entry.name.includes(`-v${version}-`) || (entry.kind === 'metric') !== (kind === 'metric')) return false;
  return kind === 'relative' || entry.name.includes(maxDepth === 20 ? '-indoor-' : maxDepth === 80 ? '-outdoor-' : '-unpublished-');
}

/** Refuses weights whose terms the caller has not accepted. @throws LicenseError `LICENSE_NOT_ACCEPTED` */
export function checkLicence({ title, licence, weights }: ModelEntry, accepted: boolean): void {
  if (licence.permissive || accepted) return;
  throw new LicenseError('LICENSE_NOT_ACCEPTED', `The weights of ${title} come under this licence: ${licence.name}. They are not free for every use.`, {
    hint: `Read ${weights.page}, then pass acceptLicense: true (--accept-license on the command line).`,
    phase: 'load',
  });
}
