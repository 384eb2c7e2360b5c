import { abortError, throwIfAborted, untilAborted } from '../../arguments/abort.js';
import { NetworkError } from '../../errors.js';
import { parts } from '../../parts.js';
import { blobSource, bytesSource, type ByteSource } from './byte_source.js';
import { isCorruption, unchecked, type CachedFile, type WeightsCache } from '../cache/cache.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint_options.js';
import { CheckpointStream, type Checkpoint, type StreamOptions } from './checkpoint_stream.js';
import { HttpSource } from './http_source.js';
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
  const { bytes, cacheKey, pinned, sibling } = toByteSource(source, given);
  const openShard: OpenShard = async (path, watch) => {
    const onProgress = (progress: DownloadProgress) => {
      const shown = watch(progress);
      if (shown) given.onProgress?.(shown);
    };
    return openStream(await sibling!(path), { ...given, onProgress, expected: undefined }, afresh, false);
  };
  const options = { ...given, openShard: sharded && sibling ? openShard : undefined };
  const { cache } = options;
  if (!cache || cacheKey === undefined || !(bytes instanceof HttpSource))
    return CheckpointStream.start(bytes, options, {});
  const warn = isolate(options.onWarning);
  const found = afresh ? undefined : await matchIn(cache, cacheKey, options);
  if (found && (pinned || (await isCurrent(bytes, found, options)))) {
    const cached = await openCached(bytes.name, found, () => cache.delete(cacheKey), options);
    if (cached) return cached;
  }
  const writer = await cache.put(cacheKey).catch((error: unknown) => {
    warn(warningOf(error));
    return undefined;
  });
  return CheckpointStream.start(bytes, options, {
    writer,
    origin: () => ({ source: bytes.name, ...bytes.validators }),
  });
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

function toByteSource(
  source: CheckpointSource,
  options: CheckpointOptions,
): {
  bytes: ByteSource;
  cacheKey?: string | undefined;
  pinned?: boolean;
  sibling?: ((path: string) => Promise<CheckpointSource>) | undefined;
} {
  if (typeof source === 'string' || source instanceof URL) {
    const { url, cacheKey, pinned } = resolveSource(String(source), options);
    const verified = options.expected?.sha256 !== undefined;
    return {
      bytes: new HttpSource(url, { ...options.http, verified }),
      cacheKey: cacheKey ?? (verified ? url : undefined),
      pinned: pinned || verified,
      sibling: async (path) => {
        const beside = new URL(url);
        beside.pathname = beside.pathname.replace(/[^/]*$/, path);
        return beside;
      },
    };
  }
  if (source instanceof Blob) return { bytes: blobSource(source) };
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) return { bytes: bytesSource(source) };
  return { bytes: source, sibling: source.sibling };
}

/** The kept copy, if there is one that can be reached. */
async function matchIn(
  cache: WeightsCache,
  key: string,
  { signal, onWarning }: CheckpointOptions,
): Promise<CachedFile | undefined> {
  try {
    return await untilAborted(cache.match(key), signal);
  } catch (error) {
    throwIfAborted(signal);
    isolate(onWarning)(warningOf(error));
    return undefined;
  }
}

/**
 * Whether a kept copy of a URL is what the server has now. Where it cannot be asked the copy has to do, with the
 * warning
 * `CACHE_UNCHECKED`.
 */
async function isCurrent(source: HttpSource, kept: CachedFile, options: CheckpointOptions): Promise<boolean> {
  try {
    const { askServer } = await untilAborted(parts.downloads(), options.signal);
    return await askServer(source, kept.origin ?? {}, options.signal);
  } catch (error) {
    if (!(error instanceof NetworkError && (error.retryable || error.code === 'NET_PART'))) throw error;
    isolate(options.onWarning)(unchecked(source.name, error));
    return true;
  }
}

/** The kept copy, if it starts well; one that does not is deleted. */
async function openCached(
  name: string,
  kept: CachedFile,
  forget: () => Promise<void>,
  options: StreamOptions,
): Promise<CheckpointStream | undefined> {
  try {
    return await CheckpointStream.start({ ...kept, name, open: (signal) => kept.open(signal) }, options, {
      stored: { sha256: kept.sha256, forget },
    });
  } catch (error) {
    if (options.signal?.aborted) throw abortError(options.signal);
    isolate(options.onWarning)(warningOf(error));
    return undefined;
  }
}
