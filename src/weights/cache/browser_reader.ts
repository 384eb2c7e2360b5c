import { CacheError } from '../../errors.js';
import type { CachedFile } from './cache.js';
import { manifestUrl, readManifest, sizeOf, type Manifest } from './manifest.js';
import { asOrigin } from './stored.js';

/** The file stored under a key; undefined when there is none. */
export async function matchFile(cache: Cache, key: string): Promise<CachedFile | undefined> {
  const manifest = await readManifest(cache, manifestUrl(key));
  return (
    manifest && {
      name: key,
      size: sizeOf(manifest),
      sha256: manifest.sha256,
      origin: asOrigin(manifest.origin),
      open: async () => new ReadableStream(new PieceReader(cache, manifest, key), { highWaterMark: 0 }),
    }
  );
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
        `${this.#key}: piece ${this.#next} of ${pieces.length} in the cache should have ${expected} bytes, ` +
          `and ${bytes ? `has ${bytes.length}` : 'is gone'}.`,
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
