import { CacheError } from '../../errors.js';
import type { CachedWeights, CachedWeightsId, Origin } from './cache.js';

/** Gives a failure to store its code. Never fatal: a model loads without its cache. */
export function cacheWriteError(cause: unknown, name: string): CacheError {
  const quota =
    cause instanceof Error && (cause.name === 'QuotaExceededError' || (cause as { code?: unknown }).code === 'ENOSPC');
  const what = quota ? 'there is no room for it' : cause instanceof Error ? cause.message : String(cause);
  return new CacheError(quota ? 'CACHE_QUOTA' : 'CACHE_WRITE', `${name} was not kept in the cache: ${what}.`, {
    source: name,
    cause,
  });
}

/** The largest first. */
export const bySize = (a: CachedWeights, b: CachedWeights): number => b.bytes - a.bytes;

/** Whether weights that a cache lists are the ones that are meant. */
export const isSame = (kept: CachedWeightsId, meant: CachedWeightsId): boolean =>
  kept.source === meant.source && kept.sha256 === meant.sha256;

/** An origin as it was stored; undefined for anything else. */
export function asOrigin(value: unknown): Origin | undefined {
  const { source, etag, lastModified } = (value ?? {}) as Partial<Record<keyof Origin, unknown>>;
  const text = (field: unknown) => (typeof field === 'string' ? field : undefined);
  return typeof source === 'string' ? { source, etag: text(etag), lastModified: text(lastModified) } : undefined;
}
