import { throwIfAborted, untilAborted } from '../../arguments/abort.js';
import { parts } from '../../parts.js';
import { blobSource, bytesSource, type ByteSource } from './byte_source.js';
import { isCorruption } from '../cache/cache.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint_options.js';
import { CheckpointStream, type Checkpoint } from './checkpoint_stream.js';
import type { DownloadProgress } from './progress.js';
import { isolate, warningOf } from '../../warnings.js';
import type { OpenShard } from '../format/tensor_table.js';
import { resolveSource } from './source.js';

/**
 * Opens a checkpoint and reads its header. The caller iterates `tensors()` to the end or calls `close()`.
 * In memory at any time: the header, two chunks, and the largest tensor.
 * @throws WeightsFormatError `ST_*`, NetworkError `NET_*`, IntegrityError, UsageError, or an `AbortError`
 */
export async function openCheckpoint(source: CheckpointSource, options: CheckpointOptions = {}): Promise<Checkpoint> {
  return openStream(source, options, false);
}

/**
 * @param afresh not from the cache, which has just given a damaged copy and may not have been able to delete it
 * @param sharded whether it may be an index of other files
 */
async function openStream(
  source: CheckpointSource,
  given: CheckpointOptions,
  afresh: boolean,
  sharded = true,
): Promise<CheckpointStream> {
  throwIfAborted(given.signal);
  const away = typeof source === 'string' || source instanceof URL ? resolveSource(String(source), given) : undefined;
  const here = away ? undefined : toByteSource(source as Exclude<CheckpointSource, string | URL>);
  const sibling = away ? async (path: string) => besideUrl(away.url, path) : here?.sibling;
  const openShard: OpenShard = async (path, watch) => {
    const onProgress = (progress: DownloadProgress) => {
      const shown = watch(progress);
      if (shown) given.onProgress?.(shown);
    };
    return openStream(await sibling!(path), { ...given, onProgress, expected: undefined }, afresh, false);
  };
  const options = { ...given, openShard: sharded && sibling ? openShard : undefined };
  if (!away) return CheckpointStream.start(here as ByteSource, options, {});
  const { openUrl } = await untilAborted(parts.downloads(), given.signal);
  return openUrl(away, options, afresh);
}

/**
 * Opens a checkpoint, hands it to `use`, and closes it. When a cached file turns out to be damaged only while it is
 * read, or `use` fails with one that is, `use` is called a second time with a fresh download.
 */
export async function withCheckpoint<T>(
  source: CheckpointSource,
  options: CheckpointOptions,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const checkpoint = await openStream(source, options, attempt > 0);
    try {
      return await use(checkpoint);
    } catch (error) {
      const fault = await checkpoint.explain(error);
      if (attempt > 0 || !isCorruption(fault)) throw fault;
      isolate(options.onWarning)(warningOf(fault));
    } finally {
      await checkpoint.close();
    }
  }
}

function toByteSource(source: Exclude<CheckpointSource, string | URL>): ByteSource {
  if (source instanceof Blob) return blobSource(source);
  return source instanceof ArrayBuffer || source instanceof Uint8Array ? bytesSource(source) : source;
}

/** The file of a path that is relative to the folder of a URL's. */
function besideUrl(url: string, path: string): URL {
  const beside = new URL(url);
  beside.pathname = beside.pathname.replace(/[^/]*$/, path);
  return beside;
}
