import { ModelMismatchError } from '../errors.js';
import { describeArchitecture, detectArchitecture } from '../weights/detect_architecture.js';
import type { DepthAnythingHubConfig } from '../weights/hub_config.js';
import type { SafetensorsHeader } from '../weights/format/safetensors.js';
import { registry, type ModelEntry } from './registry.js';

/**
 * Which published model a file is. What tensors cannot tell comes from the name or the hub's config.json, or is
 * refused.
 * @throws ModelMismatchError `MODEL_UNKNOWN`, `MODEL_ARCHITECTURE` when the file is not the named model,
 *   `MODEL_UNSUPPORTED`, `MODEL_AMBIGUOUS`
 */
export function resolveFile(
  header: SafetensorsHeader,
  source: string,
  named?: ModelEntry,
  config?: DepthAnythingHubConfig,
): ModelEntry {
  const found = detectArchitecture(header, source);
  if (named) {
    const kin = found.family === named.family;
    if (kin && found.size === named.size) return named;
    throw new ModelMismatchError(
      'MODEL_ARCHITECTURE',
      `${source}: this ${kin ? 'is' : 'looks like'} ${describeArchitecture(found)}, not ${named.title}.`,
      { source, expected: named.name, actual: found },
    );
  }
  const family = registry.filter((entry) => entry.family === found.family && entry.size === found.size);
  const matching = config ? family.filter((entry) => matches(entry, config)) : family;
  if (matching.length === 1) return matching[0] as ModelEntry;
  if (matching.length === 0) {
    throw new ModelMismatchError(
      'MODEL_UNSUPPORTED',
      `${source}: this looks like ${describeArchitecture(found)}, which cannot be run yet.`,
      { source, actual: found },
    );
  }
  const names = matching.map((entry) => entry.name);
  throw new ModelMismatchError(
    'MODEL_AMBIGUOUS',
    `${source}: this is ${describeArchitecture(found)}; its tensors do not say which of ${names.join(', ')} it is.`,
    {
      source,
      expected: names,
      hint: 'Name the model.',
    },
  );
}

function matches(entry: ModelEntry, { version, kind, maxDepth }: DepthAnythingHubConfig): boolean {
  if (!entry.name.includes(`-v${version}-`) || (entry.kind === 'metric') !== (kind === 'metric')) return false;
  return (
    kind === 'relative' ||
    entry.name.includes(maxDepth === 20 ? '-indoor-' : maxDepth === 80 ? '-outdoor-' : '-unpublished-')
  );
}
