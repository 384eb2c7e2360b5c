import { clearCachedWeights as clear, listCachedWeights as list } from '../weights/cache/kept_weights.js';
import type { CachedWeights, CachedWeightsId, ListedCache } from '../weights/cache/cache.js';
import { folderCache } from './weights_cache.js';

/**
 * The weights that downloads left in a folder, the largest first.
 *
 * @param cache a folder, the user's cache folder unless given, or another cache that can say what it keeps
 * @returns source, length in bytes, SHA-256 and date of each
 * @example
 * for (const { source, bytes } of await listCachedWeights()) console.log(source, bytes);
 */
export function listCachedWeights(cache?: ListedCache | string): Promise<readonly CachedWeights[]> {
  return list(typeof cache === 'object' ? cache : folderCache(cache));
}

/**
 * Forgets all weights that downloads left in a folder, and what was found out about the GPU; other files stay. Models
 * that are loaded go on working.
 *
 * @param cache a folder, the user's cache folder unless given, or another cache to clear
 * @param only forget just these weights, as `listCachedWeights` names them, and nothing else
 * @example
 * await clearCachedWeights();
 */
export function clearCachedWeights(cache?: ListedCache | string, only?: CachedWeightsId): Promise<void> {
  return clear(typeof cache === 'object' ? cache : folderCache(cache), only);
}
