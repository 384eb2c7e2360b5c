import { parts } from '../../parts.js';
import type { CachedFile, CachedWeights, CachedWeightsId, CacheWriter, ListedCache } from './cache.js';

export interface BrowserCacheOptions {
  /** Stand in for `globalThis.caches` and `navigator.locks`. */
  readonly caches?: CacheStorage | undefined;
  readonly locks?: LockManager | undefined;
  /** Bytes of a file kept in one entry; 8 MiB unless given. */
  readonly pieceBytes?: number | undefined;
}

const CACHE_NAME = 'depthwise-weights-1';
const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * The browser's Cache API as a weights cache, or undefined where there is none (an insecure or sandboxed page). Files
 * lie there in pieces: browsers have trouble with single entries of hundreds of megabytes.
 */
export function browserCache(options: BrowserCacheOptions = {}): ListedCache | undefined {
  const storage = options.caches ?? globalThis.caches;
  if (!storage) return undefined;
  const locks = options.locks ?? globalThis.navigator?.locks;
  return new BrowserCache(storage, locks, options.pieceBytes ?? PIECE_BYTES);
}

class BrowserCache implements ListedCache {
  readonly #storage: CacheStorage;
  readonly #locks: LockManager | undefined;
  readonly #pieceBytes: number;

  constructor(storage: CacheStorage, locks: LockManager | undefined, pieceBytes: number) {
    this.#storage = storage;
    this.#locks = locks;
    this.#pieceBytes = pieceBytes;
  }

  async match(key: string): Promise<CachedFile | undefined> {
    return (await parts.downloads()).matchFile(await this.#open(), key);
  }

  async put(key: string): Promise<CacheWriter | undefined> {
    return (await parts.downloads()).startWriting(() => this.#open(), this.#locks, this.#pieceBytes, key);
  }

  async delete(key: string): Promise<void> {
    await (await parts.downloads()).deleteFile(await this.#open(), this.#locks, key);
  }

  async list(): Promise<readonly CachedWeights[]> {
    return (await parts.downloads()).listWeights(await this.#open());
  }

  async clear(only?: CachedWeightsId): Promise<void> {
    if (only) await (await parts.downloads()).listWeights(await this.#open(), this.#locks, only);
    else await this.#storage.delete(CACHE_NAME);
  }

  #open(): Promise<Cache> {
    return this.#storage.open(CACHE_NAME);
  }
}
