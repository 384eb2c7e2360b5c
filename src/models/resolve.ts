import { part } from '../parts.js';
import { registry, type ModelEntry } from './registry.js';

const refusals = () => part(() => import('./refusals.js'));

/** The entry of a registry name; undefined when there is none. */
export function findEntry(name: string): ModelEntry | undefined {
  return registry.find((entry) => entry.name === name);
}

/** The entry of a registry name. @throws UsageError `MODEL_NAME` listing the names there are */
export async function entryByName(name: string): Promise<ModelEntry> {
  const entry = findEntry(name);
  if (entry) return entry;
  throw (await refusals()).unknownName(name);
}

/** Refuses weights whose terms the caller has not accepted. @throws LicenseError `LICENSE_NOT_ACCEPTED` */
export async function checkLicence(entry: ModelEntry, accepted: boolean): Promise<void> {
  if (!entry.licence.permissive && !accepted) throw (await refusals()).termsNotAccepted(entry);
}

/**
 * Where the published weights of a model are. @throws UsageError `WEIGHTS_UNPUBLISHED` where nobody publishes
 * safetensors
 */
export async function publishedSource(entry: ModelEntry): Promise<string> {
  const { source } = entry.weights;
  if (source !== undefined) return source;
  throw (await refusals()).unpublished(entry);
}
