import { InternalError } from '../errors.js';
import type { KnownModel } from '../models/families/index.js';
import { registry } from '../models/registry.js';
import { folderCache } from '../node/weights_cache.js';
import { isKept } from '../weights/fetch/hub_revision.js';
import { packagedFile } from '../weights/fetch/source.js';

/** Models that a line of advice names. */
const MOST_ADVISED = 4;

/** Where nothing is named: the best model that is free for every use and needs no download. */
export async function defaultModel(cacheFolder?: string): Promise<KnownModel> {
  const cache = folderCache(cacheFolder);
  for (const entry of registry) {
    const { source } = entry.weights;
    if (!entry.licence.permissive) continue;
    if (isPackaged(entry)) return entry;
    if (await isKept(source, cache)) return entry;
  }
  throw new InternalError('INTERNAL_REGISTRY', 'No model comes with this package.');
}

/** What to say about a model that was taken for want of a better one; undefined for one that was downloaded. */
export function adviceOn(entry: KnownModel): string | undefined {
  if (!isPackaged(entry)) return undefined;
  const better = registry
    .slice(0, registry.indexOf(entry))
    .filter(({ licence }) => licence.permissive)
    .slice(0, MOST_ADVISED);
  return (
    `no model is named, so this is ${entry.name}, the small and rough one that comes with depthwise. ` +
    `Better, after a download: --model ${better.map(({ name }) => name).join(', ')}.`
  );
}

function isPackaged({ weights }: KnownModel): boolean {
  return packagedFile(weights.source) !== undefined;
}
