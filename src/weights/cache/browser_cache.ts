import { CacheError } from '../../errors.js';
import { cacheWriteError, type CachedFile, type CacheWriter, type WeightsCache } from './cache.js';
import { Sha256 } from '../fetch/sha256.js';

export interface BrowserCacheOptions {
  /** Stand in for `globalThis.caches` and `navigator.locks`. */
  readonly caches?: CacheStorage | undefined;
  readonly locks?: LockManager | undefined;
  /** Bytes of a file kept in one entry; 8 MiB unless given. */
  readonly pieceBytes?: number | undefined;
}

const CACHE_NAME = 'depthwise-weights-1';
/** Entries need an http URL; this name can never be a host (RFC 2606). */
const ORIGIN = 'https://depthwise.invalid';
const PIECE_BYTES = 8 * 1024 * 1024;

/** Says where a complete file lies; written after the last piece, so that a file without one is not there. */
interface Manifest {
  readonly folder: string;
  /** Bytes of each piece, in order. */
  readonly pieces: readonly number[];
  /** Digest of all pieces, one after the other. */
  readonly sha256: string;
}

/**
 * The browser's Cache API as a weights cache, or undefined where there is none (an insecure or sandboxed page). Files
 * lie there in pieces: browsers have trouble with single entries of hundreds of megabytes.
 */
export function browserCache(options: BrowserCacheOptions = {}): WeightsCache | undefined {
  const storage = options.caches ?? globalThis.caches;
  if (!storage) return undefined;
  const locks = options.locks ?? globalThis.navigator?.locks;
  return new BrowserCache(storage, locks, options.pieceBytes ?? PIECE_BYTES);
}

class BrowserCache implements WeightsCache {
  readonly #storage: CacheStorage;
  readonly #locks: LockManager | undefined;
  readonly #pieceBytes: number;

  constructor(storage: CacheStorage, locks: LockManager | undefined, pieceBytes: number) {
    this.#storage = storage;
    this.#locks = locks;
    this.#pieceBytes = pieceBytes;
  }

  async match(key: string): Promise<CachedFile | undefined> {
    const cache = await this.#storage.open(CACHE_NAME);
    const response = await cache.match(manifestUrl(key));
    const manifest: unknown = await response?.json().catch(() => undefined);
    if (!isManifest(manifest)) return undefined;
    const size = manifest.pieces.reduce((sum, bytes) => sum + bytes, 0);
    return {
      name: key,
      size,
      sha256: manifest.sha256,
      open: async () => new ReadableStream(new PieceReader(cache, manifest, key), { highWaterMark: 0 }),
    };
  }

  async put(key: string): Promise<CacheWriter | undefined> {
    const release = await this.#lock(manifestUrl(key));
    if (!release) return undefined;
    try {
      const cache = await this.#storage.open(CACHE_NAME);
      await deletePieces(cache, key);
      return new PieceWriter(cache, key, this.#pieceBytes, release);
    } catch (error) {
      release();
      throw cacheWriteError(error, key);
    }
  }

  async delete(key: string): Promise<void> {
    const cache = await this.#storage.open(CACHE_NAME);
    await cache.delete(manifestUrl(key));
    await deletePieces(cache, key);
  }

  /** Makes this the only writer of a file among all tabs. Undefined when another one is. */
  async #lock(name: string): Promise<(() => void) | undefined> {
    const locks = this.#locks;
    if (!locks) return () => undefined;
    return new Promise((resolve, reject) => {
      locks
        .request(name, { ifAvailable: true }, (lock) => {
          if (lock) return new Promise<void>((release) => resolve(release));
          resolve(undefined);
          return undefined;
        })
        .catch(reject);
    });
  }
}

class PieceWriter implements CacheWriter {
  readonly #cache: Cache;
  readonly #key: string;
  readonly #folder: string;
  readonly #release: () => void;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #pieces: number[] = [];
  #filled = 0;

  constructor(cache: Cache, key: string, pieceBytes: number, release: () => void) {
    this.#cache = cache;
    this.#key = key;
    this.#folder = `${manifestUrl(key)}/${crypto.randomUUID()}`;
    this.#release = release;
    this.#buffer = new Uint8Array(pieceBytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const part = bytes.subarray(at, at + this.#buffer.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#buffer.length) await this.#store();
    }
  }

  async commit(sha256: string): Promise<void> {
    if (this.#filled > 0) await this.#store();
    const manifest: Manifest = { folder: this.#folder, pieces: this.#pieces, sha256 };
    await this.#keep(manifestUrl(this.#key), JSON.stringify(manifest));
    this.#release();
  }

  async abort(): Promise<void> {
    try {
      await deletePieces(this.#cache, this.#key);
    } finally {
      this.#release();
    }
  }

  async #store(): Promise<void> {
    await this.#keep(`${this.#folder}/${this.#pieces.length}`, this.#buffer.slice(0, this.#filled));
    this.#pieces.push(this.#filled);
    this.#filled = 0;
  }

  async #keep(url: string, body: BodyInit): Promise<void> {
    try {
      await this.#cache.put(url, new Response(body));
    } catch (error) {
      throw cacheWriteError(error, this.#key);
    }
  }
}

class PieceReader implements UnderlyingDefaultSource<Uint8Array> {
  readonly #cache: Cache;
  readonly #manifest: Manifest;
  readonly #key: string;
  #next = 0;

  constructor(cache: Cache, manifest: Manifest, key: string) {
    this.#cache = cache;
    this.#manifest = manifest;
    this.#key = key;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { folder, pieces } = this.#manifest;
    if (this.#next === pieces.length) return controller.close();
    const response = await this.#cache.match(`${folder}/${this.#next}`);
    const bytes = response ? new Uint8Array(await response.arrayBuffer()) : undefined;
    const expected = pieces[this.#next++]!;
    if (bytes?.length !== expected) {
      throw new CacheError(
        'CACHE_CORRUPT',
        `${this.#key}: piece ${this.#next} of ${pieces.length} in the cache should have ${expected} bytes, and ${bytes ? `has ${bytes.length}` : 'is gone'}.`,
        {
          source: this.#key,
          expected,
          actual: bytes?.length,
          retryable: true,
        },
      );
    }
    controller.enqueue(bytes);
  }
}

/** Keys come from outside: they are hashed, never spelled into a URL. */
function manifestUrl(key: string): string {
  return `${ORIGIN}/${new Sha256().update(new TextEncoder().encode(key)).digest()}`;
}

/** Deletes all pieces of a file except those its manifest names, which another tab may be reading. */
async function deletePieces(cache: Cache, key: string): Promise<void> {
  const manifest: unknown = await (await cache.match(manifestUrl(key)))?.json().catch(() => undefined);
  const kept = isManifest(manifest) ? manifest.folder : undefined;
  for (const request of await cache.keys()) {
    const stale =
      request.url.startsWith(`${manifestUrl(key)}/`) && !(kept !== undefined && request.url.startsWith(`${kept}/`));
    if (stale) await cache.delete(request);
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { folder, pieces, sha256 } = value as Partial<Record<keyof Manifest, unknown>>;
  return (
    typeof folder === 'string' &&
    typeof sha256 === 'string' &&
    Array.isArray(pieces) &&
    pieces.every((bytes) => Number.isSafeInteger(bytes) && bytes > 0)
  );
}
