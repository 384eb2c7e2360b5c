import { abortError, throwIfAborted, untilAborted } from '../../arguments/abort.js';
import { NetworkError } from '../../errors.js';
import { unchecked, type CachedFile, type CacheWriter, type WeightsCache } from '../cache/cache.js';
import type { CheckpointOptions } from './checkpoint_options.js';
import { CheckpointStream, type StreamOptions } from './checkpoint_stream.js';
import { HttpSource } from './http_source.js';
import { isolate, warningOf } from '../../warnings.js';
import { askServer } from './revalidate.js';
import type { ResolvedSource } from './source.js';
import { takeTurn } from './turns.js';

/**
 * Opens the file of a URL: the kept copy where it is current, otherwise a download, which is kept.
 * @param afresh not from the cache, which has just given a damaged copy and may not have been able to delete it
 */
export async function openUrl(
  { url, cacheKey, pinned }: ResolvedSource,
  options: StreamOptions,
  afresh: boolean,
): Promise<CheckpointStream> {
  const verified = options.expected?.sha256 !== undefined;
  const bytes = new HttpSource(url, { ...options.http, verified });
  const key = cacheKey ?? (verified ? url : undefined);
  const { cache } = options;
  if (!cache || key === undefined) return CheckpointStream.start(bytes, options, {});
  // Shards come under the turn of their index.
  const turn = options.openShard && (await takeTurn(key, options.signal));
  let writer: CacheWriter | undefined;
  try {
    const found = afresh ? undefined : await matchIn(cache, key, options);
    if (found && (pinned || verified || (await isCurrent(bytes, found, options)))) {
      const cached = await openCached(bytes.name, found, () => cache.delete(key), options);
      if (cached) return cached;
    }
    writer = await cache.put(key).catch((error: unknown) => {
      isolate(options.onWarning)(warningOf(error));
      return undefined;
    });
    if (writer && turn) writer = turn.during(writer);
  } finally {
    if (!writer) turn?.end();
  }
  return CheckpointStream.start(bytes, options, {
    writer,
    origin: () => ({ source: bytes.name, ...bytes.validators }),
  });
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
 * warning `CACHE_UNCHECKED`.
 */
async function isCurrent(source: HttpSource, kept: CachedFile, options: CheckpointOptions): Promise<boolean> {
  try {
    return await askServer(source, kept.origin ?? {}, options.signal);
  } catch (error) {
    if (!(error instanceof NetworkError && error.retryable)) throw error;
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
