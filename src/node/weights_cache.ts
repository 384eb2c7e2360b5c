import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { cacheWriteError, type CacheWriter, type WeightsCache } from '../weights/cache/cache.js';
import type { Hasher } from '../weights/fetch/sha256.js';
import { fileSource } from './file_source.js';

/** Age at which a partial file cannot be someone's download any more, in milliseconds. */
const STALE_MS = 24 * 3600 * 1000;

/** SHA-256 of a stream, by the platform. */
export const createNodeHasher = (): Hasher => createHash('sha256');

/**
 * Where weights are kept between runs: `DEPTHWISE_CACHE`, else the platform's folder for caches
 * (XDG Base Directory Specification; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home = homedir(),
): string {
  if (env['DEPTHWISE_CACHE']) return env['DEPTHWISE_CACHE'];
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'depthwise', 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'depthwise');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'depthwise');
}

/**
 * A folder of complete files. A file is written beside its place and renamed into it, so that another process sees all
 * of it or nothing; two processes that download the same file do not disturb each other. Its digest lies beside it as
 * `sha256sum` writes it, so
 * `sha256sum -c *.sha256` checks a folder; a file without one is not believed.
 */
export function folderCache(folder: string = cacheFolder()): WeightsCache {
  return {
    async match(key) {
      const path = pathOf(folder, key);
      const sha256 = /^[0-9a-f]{64}(?= )/.exec(await readFile(digestPath(path), 'latin1').catch(() => ''))?.[0];
      const found = await stat(path).catch(() => undefined);
      return sha256 !== undefined && found?.isFile() ? { ...(await fileSource(path)), sha256 } : undefined;
    },
    async put(key) {
      try {
        await mkdir(folder, { recursive: true });
        await removeStale(folder);
        const path = pathOf(folder, key);
        const partial = `${path}.${randomUUID()}.part`;
        return new PartialFile(await open(partial, 'wx'), partial, path, key);
      } catch (error) {
        throw cacheWriteError(error, key);
      }
    },
    async delete(key) {
      const path = pathOf(folder, key);
      await rm(path, { force: true });
      await rm(digestPath(path), { force: true });
    },
  };
}

class PartialFile implements CacheWriter {
  readonly #file: FileHandle;
  readonly #partial: string;
  readonly #path: string;
  readonly #key: string;

  constructor(file: FileHandle, partial: string, path: string, key: string) {
    this.#file = file;
    this.#partial = partial;
    this.#path = path;
    this.#key = key;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#orCacheError(this.#file.writeFile(bytes));
  }

  /**
   * The digest goes first: a file with the digest of another is deleted when it is read, one without is never found.
   */
  async commit(sha256: string): Promise<void> {
    await this.#orCacheError(this.#file.sync());
    await this.#orCacheError(this.#file.close());
    await this.#orCacheError(writeFile(this.#partialDigest, `${sha256}  ${basename(this.#path)}\n`, { flag: 'wx' }));
    await this.#orCacheError(rename(this.#partialDigest, digestPath(this.#path)));
    await this.#orCacheError(rename(this.#partial, this.#path));
  }

  async abort(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await this.#orCacheError(rm(this.#partialDigest, { force: true }));
    await this.#orCacheError(rm(this.#partial, { force: true }));
  }

  get #partialDigest(): string {
    return this.#partial.replace(/part$/, 'sha256.part');
  }

  #orCacheError(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      throw cacheWriteError(error, this.#key);
    });
  }
}

/** Keys come from outside: they are hashed, never spelled into a path. */
function pathOf(folder: string, key: string): string {
  return join(folder, `${createHash('sha256').update(key).digest('hex')}.safetensors`);
}

function digestPath(path: string): string {
  return `${path}.sha256`;
}

/** Removes what processes that were killed while writing left behind. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.part')) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
