import { clearCachedWeights, listCachedWeights } from '../node/kept_weights.js';
import { cacheFolder } from '../node/weights_cache.js';
import { table } from './models.js';
import { requireFolder } from './places.js';

/** Lists the weights that are kept, or forgets them and says what was forgotten. */
export async function keptText({
  action,
  json,
  cache: folder = cacheFolder(),
}: {
  readonly action: 'list' | 'clear';
  readonly json: boolean;
  readonly cache?: string;
}): Promise<string> {
  await requireFolder('cache', folder);
  const kept = await listCachedWeights(folder);
  if (action === 'clear') await clearCachedWeights(folder);
  if (json) return JSON.stringify(kept, null, 2);
  const rows = kept.map(({ source, bytes }) => [`${(bytes / 1e6).toFixed(1)} MB`, source]);
  const what = action === 'clear' ? 'Cleared' : 'Kept in';
  return rows.length === 0 ? `${what} ${folder}: no weights.` : `${what} ${folder}:\n${table(rows)}`;
}
