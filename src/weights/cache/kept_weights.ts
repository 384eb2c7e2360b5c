import { browserCache } from './browser_cache.js';
import type { CachedWeights, CachedWeightsId, ListedCache } from './cache.js';

/**
 * The weights that downloads left in the browser's cache, the largest first; none where there is no Cache API.
 *
 * @param cache another one that can say what it keeps
 * @returns source, length in bytes, SHA-256 and date of each
 * @example
 * for (const { source, bytes } of await listCachedWeights()) console.log(source, bytes);
 */
export async function listCachedWeights(
  cache: ListedCache | undefined = browserCache(),
): Promise<readonly CachedWeights[]> {
  return (await cache?.list()) ?? [];
}

/**
 * Forgets all weights that downloads left in the browser's cache, and what was found out about the GPU. Models that are
 * loaded go on working.
 *
 * @param cache another one to clear
 * @param only forget just these weights, as `listCachedWeights` names them, and nothing else
 * @example
 * await clearCachedWeights();
 */
export async function clearCachedWeights(
  cache: ListedCache | undefined = browserCache(),
  only?: CachedWeightsId,
): Promise<void> {
  await cache?.clear(only);
}
