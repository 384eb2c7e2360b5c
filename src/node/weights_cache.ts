import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { CacheError } from '../errors.js';
import type {
  CachedFile,
  CachedWeights,
  CachedWeightsId,
  CacheWriter,
  ListedCache,
  Origin,
} from '../weights/cache/cache.js';
import { asOrigin, bySize, cacheWriteError, isSame } from '../weights/cache/stored.js';
import type { Hasher } from '../weights/fetch/sha256.js';
import { fileSource, readSmallFile } from './file_source.js';

/** Age at which a partial file cannot be someone's download any more, in milliseconds. */
const STALE_MS = 24 * 3600 * 1000;
/** Longest note beside a kept file that is read, in bytes. */
const MAX_NOTE = 64 * 1024;
/** Names of kept files, and of all that this code writes into a folder. */
const WEIGHTS = /^[0-9a-f]{64}\.safetensors$/;
const OURS = /^[0-9a-f]{64}\.safetensors(?:\.sha256|\.json|\.[0-9a-f-]{36}\.(?:note\.|sha256\.)?part)?$/;

/** SHA-256 of a stream, by the platform. */
export const createNodeHasher = (): Hasher => createHash('sha256');

/**
 * Where weights are kept between runs: `DEPTHWISE_CACHE`, else the platform's folder for caches
 * (XDG Base Directory Specification; `~/Library/Caches` on macOS; `%LOCALAPPDATA%` on Windows).
 * @throws CacheError CACHE_WRITE for a user without a home folder, where that is needed
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home?: string,
): string {
  if (env['DEPTHWISE_CACHE']) return env['DEPTHWISE_CACHE'];
  const inHome = (...path: string[]) => join(home ?? homeFolder(), ...path);
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || inHome('AppData', 'Local'), 'depthwise', 'cache');
  if (platform === 'darwin') return inHome('Library', 'Caches', 'depthwise');
  return join(env['XDG_CACHE_HOME'] || inHome('.cache'), 'depthwise');
}

/**
 * A folder of complete files. A file is written beside its place and renamed into it, so that another process sees all
 * of it or nothing; two processes that download the same file do not disturb each other. Its digest lies beside it as
 * `sha256sum` writes it, so
 * `sha256sum -c *.sha256` checks a folder; a file without one is not believed. Where weights came from lies there too.
 * @example
 * ```ts
 * import { folderCache, loadDepthModel } from 'depthwise/node';
 *
 * const model = await loadDepthModel('depth-anything-v2-small', { cache: folderCache('/var/cache/weights') });
 * ```
 */
export function folderCache(folder?: string): ListedCache {
  try {
    return cacheIn(folder ?? cacheFolder());
  } catch (error) {
    return noCache(error);
  }
}

/** Users of containers may have no home. Nothing is kept for them, and only what would be kept says so. */
function homeFolder(): string {
  try {
    const home = homedir();
    if (isAbsolute(home)) return home;
  } catch {
    // The system does not know the user.
  }
  throw new CacheError('CACHE_WRITE', 'This user has no home folder to keep weights in.', {
    hint: 'Name a folder: DEPTHWISE_CACHE, or --cache on the command line.',
  });
}

function noCache(reason: unknown): ListedCache {
  return {
    match: async () => undefined,
    put: () => Promise.reject(reason as Error),
    delete: async () => undefined,
    list: async () => [],
    clear: async () => undefined,
  };
}

function cacheIn(folder: string): ListedCache {
  return {
    async match(key) {
      return keptFile(pathOf(folder, key));
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
      await removeFile(pathOf(folder, key));
    },
    async list() {
      return (await weightsIn(folder)).map(({ weights }) => weights).sort(bySize);
    },
    async clear(only) {
      if (only) return removeWeights(folder, only);
      for (const name of await namesIn(folder)) if (OURS.test(name)) await rm(join(folder, name), { force: true });
    },
  };
}

/** Every file of weights in a folder. */
async function weightsIn(folder: string): Promise<{ readonly path: string; readonly weights: CachedWeights }[]> {
  const found: { path: string; weights: CachedWeights }[] = [];
  for (const name of (await namesIn(folder)).filter((file) => WEIGHTS.test(file))) {
    const path = join(folder, name);
    const { origin, size: bytes, sha256 } = (await keptFile(path)) ?? {};
    if (!origin || bytes === undefined || sha256 === undefined) continue;
    const stored = (await stat(path).catch(() => undefined))?.mtime;
    found.push({ path, weights: { source: origin.source, bytes, sha256, stored } });
  }
  return found;
}

async function removeWeights(folder: string, meant: CachedWeightsId): Promise<void> {
  for (const { path, weights } of await weightsIn(folder)) if (isSame(weights, meant)) await removeFile(path);
}

/** Removes a kept file and what lies beside it. */
async function removeFile(path: string): Promise<void> {
  for (const name of [path, digestPath(path), originPath(path)]) await rm(name, { force: true });
}

/** A file that was kept whole, with what lies beside it. */
async function keptFile(path: string): Promise<CachedFile | undefined> {
  const sha256 = /^[0-9a-f]{64}(?= )/.exec(await readSmallFile(digestPath(path), MAX_NOTE).catch(() => ''))?.[0];
  const found = await fileSource(path).catch(() => undefined);
  if (sha256 === undefined || !found) return undefined;
  const note = await readSmallFile(originPath(path), MAX_NOTE).catch(() => '{}');
  return { ...found, sha256, origin: originOf(note, sha256) };
}

/** The origin of a file with this digest; undefined where the note is of another. */
function originOf(note: string, sha256: string): Origin | undefined {
  try {
    const json = JSON.parse(note) as { readonly sha256?: unknown } | null;
    return json?.sha256 === sha256 ? asOrigin(json) : undefined;
  } catch {
    return undefined;
  }
}

/** No names where there is no folder. */
function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
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
   * The notes go first: a file with the digest of another is deleted when it is read, one without is never found, and
   * an origin names the digest it is of.
   */
  async commit(sha256: string, origin?: Origin): Promise<void> {
    await this.#orCacheError(this.#file.sync());
    await this.#orCacheError(this.#file.close());
    await this.#note(digestPath(this.#path), `${sha256}  ${basename(this.#path)}\n`);
    if (origin) await this.#note(originPath(this.#path), JSON.stringify({ ...origin, sha256 }));
    await this.#orCacheError(rename(this.#partial, this.#path));
  }

  async abort(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await this.#orCacheError(rm(this.#partialNote, { force: true }));
    await this.#orCacheError(rm(this.#partial, { force: true }));
  }

  /** Writes a file beside this one, all of it or nothing. */
  async #note(path: string, text: string): Promise<void> {
    await this.#orCacheError(writeFile(this.#partialNote, text, { flag: 'wx' }));
    await this.#orCacheError(rename(this.#partialNote, path));
  }

  get #partialNote(): string {
    return this.#partial.replace(/part$/, 'note.part');
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

function originPath(path: string): string {
  return `${path}.json`;
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
