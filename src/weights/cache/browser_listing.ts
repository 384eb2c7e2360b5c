import { deleteManifest } from './browser_writer.js';
import type { CachedWeights, CachedWeightsId } from './cache.js';
import { readManifest, sizeOf } from './manifest.js';
import { asOrigin, bySize, isSame } from './stored.js';

/** URL of a manifest, and not of a piece. */
const MANIFEST = /^https:\/\/depthwise\.invalid\/[0-9a-f]+$/;

/** The weights that are kept, the largest first. @param without these are deleted on the way */
export async function listWeights(
  cache: Cache,
  locks?: LockManager,
  without?: CachedWeightsId,
): Promise<readonly CachedWeights[]> {
  const found: CachedWeights[] = [];
  for (const { url } of await cache.keys()) {
    const manifest = MANIFEST.test(url) ? await readManifest(cache, url) : undefined;
    const origin = asOrigin(manifest?.origin);
    if (!manifest || !origin) continue;
    const { sha256, stored } = manifest;
    const date = stored === undefined ? undefined : new Date(stored);
    const weights = { source: origin.source, bytes: sizeOf(manifest), sha256, stored: date };
    if (without && isSame(weights, without)) await deleteManifest(cache, locks, url);
    else found.push(weights);
  }
  return found.sort(bySize);
}
