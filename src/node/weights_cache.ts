import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheWriteError, type CacheWriter, type WeightsCache } from '../weights/cache.js';
import type { Hasher } from '../weights/sha256.js';
import { fileSource } from './file_source.js';

/** Age at which a partial file cannot be someone's download any more, in milliseconds. */
const STALE_MS = 24 * 3600 * 1000;

/** SHA-256 of a stream, by the platform. */
export const createNodeHasher = (): Hasher => createHash('sha256');

/**
 * Where weights are kept between runs: `DEPTHWISE_CACHE`, else the platform's folder for caches
 * (XDG Base Directory Specification; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env, platform: NodeJS.Platform = process.platform, home = homedir()): string {
  if (env['DEPTHWISE_CACHE']) return env['DEPTHWISE_CACHE'];
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'depthwise', 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'depthwise');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'depthwise');
}

/**
 * A folder of complete files. A file is written beside its place and renamed into it, so that another process sees all of it or nothing;
 * two processes that download the same file do not disturb each other.
 */
export function folderCache(folder: string = cacheFolder()): WeightsCache {
  return {
    async match(key) {
      const path = pathOf(folder, key);
      const found = await stat(path).catch(() => undefined);
      return found?.isFile() ? fileSource(path) : undefined;
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
    delete: (key) => rm(pathOf(folder, key), { force: true }),
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

  async commit(): Promise<void> {
    await this.#orCacheError(this.#file.sync());
    await this.#orCacheError(this.#file.close());
    await this.#orCacheError(rename(this.#partial, this.#path));
  }

  async abort(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await this.#orCacheError(rm(this.#partial, { force: true }));
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

/** Removes what processes that were killed while writing left behind. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.part')) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
