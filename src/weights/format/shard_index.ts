import { quote, UsageError, WeightsFormatError } from '../../errors.js';
import { isCorruption } from '../cache/cache.js';
import type { DownloadProgress } from '../fetch/progress.js';
import type { FileBytes } from './file_bytes.js';
import { joined, Lookahead } from './lookahead.js';
import type { HeaderOptions } from './safetensors.js';
import { SafetensorsFile } from './safetensors_file.js';
import type { OpenShard, Shard, TensorEntry, TensorFile, TensorTable, TensorValues } from './tensor_table.js';

/** Longest index, in bytes; that of 4,000 tensors has 0.3 MB. */
const MAX_INDEX_BYTES = 4 * 1024 * 1024;
const MAX_SHARDS = 128;
/** Longest path of a shard, in characters. */
const MAX_PATH = 255;

/** Paths of shards, in the order of the index, and the tensors that each holds. */
type ShardMap = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Opens weights that lie in several files, by their index (`model.safetensors.index.json`). Each shard is opened twice:
 * for its header, and in its turn for its data.
 * @param start first bytes of the index
 * @param openShard undefined where nothing lies beside the index
 * @throws WeightsFormatError `ST_INDEX`, and what shards throw; UsageError `SOURCE_INDEX`; NetworkError
 *   `NET_NOT_WEIGHTS` for JSON of another kind
 */
export async function openIndex(
  start: Uint8Array,
  file: FileBytes,
  size: number | undefined,
  limits: HeaderOptions | undefined,
  openShard: OpenShard | undefined,
): Promise<TensorFile> {
  const { source } = file;
  const rest = await file.takeUpTo(MAX_INDEX_BYTES + 1 - start.length);
  const text = new TextDecoder().decode(joined(start, rest));
  if (!text.includes('"weight_map"')) return SafetensorsFile.open(start, new Lookahead(rest, file), size, limits);
  const bytes = start.length + rest.length;
  if (bytes > MAX_INDEX_BYTES) throw tooMany(source, 'bytes', MAX_INDEX_BYTES, bytes);
  const shards = readIndex(text, source);
  if (!openShard) {
    throw new UsageError('SOURCE_INDEX', `${source}: this lists ${shards.size} files of weights, and holds none.`, {
      hint: 'Give the path or the URL of the index in the folder of its files.',
      source,
      phase: 'load',
    });
  }
  return ShardedFile.open(source, shards, openShard);
}

function readIndex(text: string, source: string): ShardMap {
  let map: unknown;
  try {
    map = (JSON.parse(text) as { readonly weight_map?: unknown }).weight_map;
  } catch (cause) {
    throw fault(source, `this index is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0)
    throw fault(source, '"weight_map" must map names of tensors to files, and does not.');
  const shards = new Map<string, Set<string>>();
  for (const [tensor, path] of Object.entries(map)) {
    if (typeof path !== 'string' || !staysBeside(path)) {
      throw fault(
        source,
        `tensor ${quote(tensor)} is said to be in ${quote(String(path))}, no file beside the index.`,
        {
          tensor,
          actual: path,
        },
      );
    }
    shards.set(path, (shards.get(path) ?? new Set()).add(tensor));
    if (shards.size > MAX_SHARDS) throw tooMany(source, 'files', MAX_SHARDS, shards.size);
  }
  return shards;
}

/** Whether a path leads to a file in the folder of the index or below, on every system and in a URL. */
function staysBeside(path: string): boolean {
  return path.length <= MAX_PATH && path.split('/').every((part) => /^(?![. ]+$)[^\\:?#%\x00-\x1f\x7f]+$/.test(part));
}

class ShardedFile implements TensorFile {
  readonly table: TensorTable;
  readonly #source: string;
  readonly #shards: ShardMap;
  readonly #openShard: OpenShard;
  /** Bytes of each shard, where known. */
  readonly #bytes: ReadonlyMap<string, number | undefined>;
  #current: Shard | undefined;
  #closed = false;

  private constructor(
    source: string,
    shards: ShardMap,
    openShard: OpenShard,
    table: TensorTable,
    bytes: ReadonlyMap<string, number | undefined>,
  ) {
    this.#source = source;
    this.#shards = shards;
    this.#openShard = openShard;
    this.table = table;
    this.#bytes = bytes;
  }

  static async open(source: string, shards: ShardMap, openShard: OpenShard): Promise<ShardedFile> {
    const tensors = new Map<string, TensorEntry>();
    const metadata = new Map<string, string>();
    const bytes = new Map<string, number | undefined>();
    for (const [path, names] of shards) {
      const note = ({ total }: DownloadProgress) => void bytes.set(path, total);
      const table = await headerOf(
        () => openShard(path, note),
        ({ tensors: has }) => checkNames(path, names, [...has.keys()], source),
      );
      for (const [name, entry] of table.tensors) tensors.set(name, entry);
      for (const [key, value] of table.metadata) metadata.set(key, value);
    }
    return new ShardedFile(source, shards, openShard, { tensors, metadata }, bytes);
  }

  async *tensors(): AsyncGenerator<TensorValues, void, undefined> {
    let before = 0;
    const sizes = [...this.#shards.keys()].map((path) => this.#bytes.get(path));
    const total = sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0);
    for (const path of this.#shards.keys()) {
      let loaded = 0;
      const watch = (progress: DownloadProgress): DownloadProgress => {
        loaded = progress.loaded;
        return { ...progress, loaded: before + loaded, total };
      };
      const shard = await this.#openShard(path, watch);
      this.#current = shard;
      if (this.#closed) return shard.close();
      for (const entry of shard.table.tensors.values()) this.#checkSame(path, entry);
      yield* shard.tensors();
      before += loaded;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#current?.close();
  }

  #checkSame(path: string, { name, dtype, shape }: TensorEntry): void {
    const was = this.table.tensors.get(name);
    if (was?.dtype === dtype && was.shape.join() === shape.join()) return;
    throw fault(this.#source, `${quote(path)} became another file while it was read.`, { tensor: name });
  }
}

/** The table of a shard, held to `check`. A copy in a cache that was damaged is fetched again, once. */
async function headerOf(open: () => Promise<Shard>, check: (table: TensorTable) => void): Promise<TensorTable> {
  for (let attempt = 0; ; attempt++) {
    const shard = await open();
    try {
      check(shard.table);
      return shard.table;
    } catch (error) {
      const cause = await shard.explain(error);
      if (attempt > 0 || !isCorruption(cause)) throw cause;
    } finally {
      await shard.close();
    }
  }
}

function checkNames(path: string, expected: ReadonlySet<string>, actual: readonly string[], source: string): void {
  const has = new Set(actual);
  const lacking = [...expected].find((name) => !has.has(name));
  const surplus = actual.find((name) => !expected.has(name));
  if (lacking !== undefined) {
    throw fault(source, `${quote(path)} should hold tensor ${quote(lacking)}, and does not.`, { tensor: lacking });
  }
  if (surplus !== undefined) {
    throw fault(source, `${quote(path)} holds tensor ${quote(surplus)}, which is not said to be there.`, {
      tensor: surplus,
    });
  }
}

function tooMany(source: string, what: string, expected: number, actual: number): WeightsFormatError {
  return fault(source, `this index has ${actual} ${what} or more; at most ${expected} are accepted.`, {
    limit: what,
    expected,
    actual,
  });
}

function fault(
  source: string,
  what: string,
  details: { tensor?: string; limit?: string; expected?: unknown; actual?: unknown; cause?: unknown } = {},
): WeightsFormatError {
  return new WeightsFormatError('ST_INDEX', `${source}: ${what}`, { source, ...details });
}
