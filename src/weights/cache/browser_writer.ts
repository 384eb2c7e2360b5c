import type { CacheWriter, Origin } from './cache.js';
import { manifestUrl, readManifest, type Manifest } from './manifest.js';
import { cacheWriteError } from './stored.js';

/** Starts storing a file; undefined while another tab does. @throws CacheError `CACHE_QUOTA` or `CACHE_WRITE` */
export async function startWriting(
  open: () => Promise<Cache>,
  locks: LockManager | undefined,
  pieceBytes: number,
  key: string,
): Promise<CacheWriter | undefined> {
  const release = await lock(locks, manifestUrl(key));
  if (!release) return undefined;
  try {
    const cache = await open();
    await deletePieces(cache, manifestUrl(key));
    return new PieceWriter(cache, key, pieceBytes, release);
  } catch (error) {
    release();
    throw cacheWriteError(error, key);
  }
}

/** Forgets a file. */
export async function deleteFile(cache: Cache, locks: LockManager | undefined, key: string): Promise<void> {
  await deleteManifest(cache, locks, manifestUrl(key));
}

/**
 * Forgets a file, by the URL of its manifest. No writer starts meanwhile; what one that is under way has stored stays.
 */
export async function deleteManifest(cache: Cache, locks: LockManager | undefined, url: string): Promise<void> {
  const release = await lock(locks, url);
  try {
    const folder = release ? url : (await readManifest(cache, url))?.folder;
    await cache.delete(url);
    if (folder !== undefined) await deletePieces(cache, url, folder);
  } finally {
    release?.();
  }
}

/** Makes this the only writer of a file among all tabs. Undefined when another one is. */
async function lock(locks: LockManager | undefined, name: string): Promise<(() => void) | undefined> {
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

  /** What it replaces is deleted; a tab that is reading it starts over. */
  async commit(sha256: string, origin?: Origin): Promise<void> {
    if (this.#filled > 0) await this.#store();
    const manifest: Manifest = { folder: this.#folder, pieces: this.#pieces, sha256, origin, stored: Date.now() };
    await this.#keep(manifestUrl(this.#key), JSON.stringify(manifest));
    await deletePieces(this.#cache, manifestUrl(this.#key)).catch(() => undefined);
    this.#release();
  }

  async abort(): Promise<void> {
    try {
      await deletePieces(this.#cache, manifestUrl(this.#key));
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

/**
 * Deletes all pieces of a file except those its manifest names, which another tab may be reading.
 * @param folder only pieces that lie below this URL
 */
async function deletePieces(cache: Cache, manifest: string, folder = manifest): Promise<void> {
  const kept = (await readManifest(cache, manifest))?.folder;
  for (const request of await cache.keys()) {
    const stale = request.url.startsWith(`${folder}/`) && !(kept !== undefined && request.url.startsWith(`${kept}/`));
    if (stale) await cache.delete(request);
  }
}
