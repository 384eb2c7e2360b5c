import { CacheError } from '../../errors.js';
import type { ByteSource } from '../fetch/byte_source.js';

/** A stored file. Disks and browsers damage what they keep, so whoever reads it holds it to its digest. */
export interface CachedFile extends ByteSource {
  /** SHA-256 of the bytes as they were committed, in lower-case hexadecimal. */
  readonly sha256: string;
}

/** Complete, verified files by key. A file becomes visible all at once, or never. */
export interface WeightsCache {
  /** The file stored under `key`; undefined when there is none. */
  match(key: string): Promise<CachedFile | undefined>;
  /** Starts storing a file; undefined when someone else is storing it at the moment. */
  put(key: string): Promise<CacheWriter | undefined>;
  /** Forgets the file; no error when there is none. */
  delete(key: string): Promise<void>;
}

/** One file on its way into a cache. Every method may raise CacheError `CACHE_QUOTA` or `CACHE_WRITE`. */
export interface CacheWriter {
  /** Appends bytes; the caller may reuse the memory once this has settled. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Makes the file visible; the caller has verified every byte.
   * @param sha256 of everything written, in lower-case hexadecimal; kept beside the file
   */
  commit(sha256: string): Promise<void>;
  /** Drops what was written. */
  abort(): Promise<void>;
}

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

/** Whether a cached file turned out to be damaged, and reading it again from where it came from may help. */
export function isCorruption(error: unknown): boolean {
  return error instanceof CacheError && error.code === 'CACHE_CORRUPT';
}
