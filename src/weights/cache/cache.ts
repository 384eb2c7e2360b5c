import { CacheError } from '../../errors.js';
import type { Warning } from '../../warnings.js';
import type { ByteSource } from '../fetch/byte_source.js';

/** What a server said of a file, by which it tells later whether the file is still the same (RFC 9110, 8.8). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** Where a stored file of weights came from. Other files that a cache keeps have none. */
export interface Origin extends Validators {
  /** Its URL without user, password, query and fragment. */
  readonly source: string;
}

/** A file of weights in a cache. */
export interface CachedWeights {
  /** The URL it came from, without user, password, query and fragment. */
  readonly source: string;
  readonly bytes: number;
  /** In lower-case hexadecimal, of the bytes as they were stored. */
  readonly sha256: string;
  /** When the file was complete; undefined where that was not written down. */
  readonly stored: Date | undefined;
}

/** Which of the kept weights are meant: those from this address with these bytes. */
export type CachedWeightsId = Pick<CachedWeights, 'source' | 'sha256'>;

/** A stored file. Disks and browsers damage what they keep, so whoever reads it holds it to its digest. */
export interface CachedFile extends ByteSource {
  /** SHA-256 of the bytes as they were committed, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly origin?: Origin | undefined;
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

/** A cache that can say what it keeps. */
export interface ListedCache extends WeightsCache {
  /** The weights that are kept, the largest first. */
  list(): Promise<readonly CachedWeights[]>;
  /**
   * Forgets everything that Depthwise keeps here, what it found out about the GPU included, and nothing else.
   * @param only forget just these weights, as `list` names them; no error when they are gone
   */
  clear(only?: CachedWeightsId): Promise<void>;
}

/** One file on its way into a cache. Every method may raise CacheError `CACHE_QUOTA` or `CACHE_WRITE`. */
export interface CacheWriter {
  /** Appends bytes; the caller may reuse the memory once this has settled. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Makes the file visible; the caller has verified every byte.
   * @param sha256 of everything written, in lower-case hexadecimal; kept beside the file
   * @param origin of weights; kept beside the file too
   */
  commit(sha256: string, origin?: Origin): Promise<void>;
  /** Drops what was written. */
  abort(): Promise<void>;
}

/** Whether a cached file turned out to be damaged, and reading it again from where it came from may help. */
export function isCorruption(error: unknown): boolean {
  return error instanceof CacheError && error.code === 'CACHE_CORRUPT';
}

/** `CACHE_UNCHECKED`: a kept copy is used that may be out of date. */
export function unchecked(name: string, cause?: unknown): Warning {
  const message = `${name}: the server cannot be asked whether the kept copy is still current, so it is used as it is.`;
  return { code: 'CACHE_UNCHECKED', message, cause };
}
