import { throwIfAborted } from '../../arguments/abort.js';
import { isolate } from '../../warnings.js';
import { unchecked, type WeightsCache } from '../cache/cache.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint_options.js';
import { fetchSmallFile } from './small_file.js';
import { keepBytes, readKept } from '../cache/kept_files.js';
import { COMMIT, displayUrl, resolveSource, type MovingRevision, type SourceOptions } from './source.js';

/**
 * Of the hub's answer to which commit a branch is at, which lists every file of a repository; without an answer the
 * last commit known will do.
 */
const LIMITS = { maxBytes: 4 * 1024 * 1024, totalMs: 10_000 };

/**
 * Pins a hub file of a branch or tag to the commit it is at now, so that all its parts are of one version and can be
 * cached:
 * `hf:org/repo@main` becomes `hf:org/repo@COMMIT`. Where the hub does not say, it is the commit it was at when the hub
 * last did (remembered in the cache, with the warning `CACHE_UNCHECKED`), and without one, the source as it is. Any
 * other source stays as it is.
 * @throws UsageError of `resolveSource`, or an `AbortError`
 */
export async function pinRevision(source: CheckpointSource, options: CheckpointOptions): Promise<CheckpointSource> {
  const moving =
    typeof source === 'string' || source instanceof URL ? resolveSource(String(source), options).moving : undefined;
  if (!moving) return source;
  const { cache } = options;
  const known = await rememberedCommit(moving, cache);
  const commit = await currentCommit(moving, options);
  if (commit !== undefined && commit !== known && cache)
    await keepBytes(cache, moving.lookupUrl, new TextEncoder().encode(commit)).catch(() => undefined);
  if (commit === undefined && known !== undefined) isolate(options.onWarning)(unchecked(displayUrl(moving.lookupUrl)));
  const pinned = commit ?? known;
  return pinned === undefined ? source : moving.at(pinned);
}

/**
 * Whether a source can be loaded from the cache, without a network.
 * @throws UsageError of `resolveSource`
 */
export async function isKept(source: string, cache: WeightsCache, options: SourceOptions = {}): Promise<boolean> {
  const { moving, cacheKey } = resolveSource(source, options);
  const commit = moving && (await rememberedCommit(moving, cache));
  if (commit !== undefined) return isKept(moving!.at(commit), cache, options);
  return cacheKey !== undefined && (await cache.match(cacheKey).catch(() => undefined)) !== undefined;
}

async function currentCommit(
  { lookupUrl }: MovingRevision,
  { signal, http = {} }: CheckpointOptions,
): Promise<string | undefined> {
  try {
    const { bytes } = await fetchSmallFile(lookupUrl, displayUrl(lookupUrl), LIMITS, http, signal);
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const sha = (answer as { readonly sha?: unknown } | null)?.sha;
    return typeof sha === 'string' && COMMIT.test(sha) ? sha : undefined;
  } catch {
    throwIfAborted(signal);
    return undefined;
  }
}

async function rememberedCommit(
  { lookupUrl }: MovingRevision,
  cache: WeightsCache | undefined,
): Promise<string | undefined> {
  const commit = new TextDecoder().decode(await readKept(cache, lookupUrl));
  return COMMIT.test(commit) ? commit : undefined;
}
