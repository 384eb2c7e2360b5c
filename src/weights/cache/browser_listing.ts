import type { CachedWeights } from './cache.js';
import { readManifest, sizeOf } from './manifest.js';
import { asOrigin, bySize } from './stored.js';

/** URL of a manifest, and not of a piece. */
const MANIFEST = /^https:\/\/depthwise\.invalid\/[0-9a-f]+$/;

/** The weights that are kept, the largest first. */
export async function listWeights(cache: Cache): Promise<readonly CachedWeights[]> {
  const found: CachedWeights[] = [];
  for (const { url } of await cache.keys()) {
    const manifest = MANIFEST.test(url) ? await readManifest(cache, url) : undefined;
    const origin = asOrigin(manifest?.origin);
    if (manifest && origin) found.push({ source: origin.source, bytes: sizeOf(manifest), sha256: manifest.sha256 });
  }
  return found.sort(bySize);
}
