import { realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import type { CheckpointSource } from '../weights/fetch/checkpoint_options.js';
import { onDisk } from './disk_names.js';
import { localPath, readSmallFile } from './file_source.js';
import { STANDARD } from './streams.js';

/** Where a shell opened them on files. */
const STANDARD_INPUT = '/dev/stdin';
const STANDARD_OUTPUT = '/dev/stdout';

/**
 * Files that must not be written: what a command reads, and what it has written for another picture. A file is known by
 * its device and number and by its real path, so neither links nor the spelling of a name hide it.
 */
export class ProtectedFiles {
  readonly #owners = new Map<string, string>();

  /**
   * Files that a command reads; those that are not there are left out.
   * @throws UsageError OUTPUT_COLLISION where standard output goes into one of them
   */
  static async of(paths: Iterable<string>): Promise<ProtectedFiles> {
    const files = new ProtectedFiles();
    for (const path of paths) await files.add(path);
    await files.refuse(STANDARD);
    return files;
  }

  async add(path: string): Promise<void> {
    for (const key of await identities(path, STANDARD_INPUT)) if (!this.#owners.has(key)) this.#owners.set(key, path);
  }

  /** Weights, where they are a file here, and the files that it lists where it is an index. */
  async addWeights(source: CheckpointSource | undefined): Promise<void> {
    const path = source === undefined ? undefined : localPath(source);
    if (path === undefined) return;
    await this.add(path);
    for (const shard of await shardsOf(path)) await this.add(join(dirname(path), shard));
  }

  /** The protected file that `path` is; undefined when it may be written. */
  async owner(path: string): Promise<string | undefined> {
    for (const key of await identities(path, STANDARD_OUTPUT)) {
      const owner = this.#owners.get(key);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  /** @throws UsageError OUTPUT_COLLISION where `path` is protected, however it is spelled or linked to */
  async refuse(path: string): Promise<void> {
    const owner = await this.owner(path);
    if (owner === undefined) return;
    const same = resolve(owner) === resolve(path);
    throw new UsageError(
      'OUTPUT_COLLISION',
      `${path} is not written: it ${same ? '' : `is the same file as ${owner}, which `}is read or was just written.`,
      { hint: 'Name another output.', source: owner, actual: path, phase: 'write' },
    );
  }
}

/**
 * Names of a file that is there. Numbers of files need more than 53 bits on some systems.
 * @param standard what `-` means
 */
async function identities(given: string, standard: string): Promise<string[]> {
  const path = given === STANDARD ? standard : given;
  const found = await stat(onDisk(path), { bigint: true }).catch(() => undefined);
  if (!found?.isFile()) return [];
  return [`${found.dev}:${found.ino}`, await realpath(onDisk(path)).catch(() => resolve(path))];
}

/** Most bytes that an index has; a longer file holds weights itself. */
const MAX_INDEX_BYTES = 4 * 1024 * 1024;

/** Files that `weight_map` of an index names; none where the file is no index. */
async function shardsOf(path: string): Promise<string[]> {
  try {
    const { weight_map: map } = JSON.parse(await readSmallFile(path, MAX_INDEX_BYTES)) as { weight_map?: object };
    return [...new Set(Object.values(map ?? {}))].map(String);
  } catch {
    return [];
  }
}
