import { throwIfAborted } from '../../abort.js';
import type { WeightsCache } from '../cache/cache.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint.js';
import { FileRequests } from './http_request.js';
import { keepBytes, readKept } from '../cache/kept_files.js';
import { COMMIT, displayUrl, resolveSource, type MovingRevision, type SourceOptions } from './source.js';

/** Longest wait for the hub to say which commit a branch is at; the last one known will do, in milliseconds. */
const LOOKUP_MS = 10_000;

/**
 * Pins a hub file of a branch or tag to the commit it is at now, so that all its parts are of one version and can be
 * cached:
 * `hf:org/repo@main` becomes `hf:org/repo@COMMIT`. Where the hub does not say, it is the commit it was at when the hub
 * last did (remembered in the cache), and without one, the source as it is. Any other source stays as it is.
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
  { signal, http }: CheckpointOptions,
): Promise<string | undefined> {
  const requests = new FileRequests(lookupUrl, displayUrl(lookupUrl), { stallMs: LOOKUP_MS, ...http }, signal);
  try {
    const response = await requests.get({});
    const answer: unknown = response.ok ? await requests.orStall(response.json()) : undefined;
    const sha = (answer as { readonly sha?: unknown } | null | undefined)?.sha;
    return typeof sha === 'string' && COMMIT.test(sha) ? sha : undefined;
  } catch {
    throwIfAborted(signal);
    return undefined;
  } finally {
    requests.cancel();
  }
}

async function rememberedCommit(
  { lookupUrl }: MovingRevision,
  cache: WeightsCache | undefined,
): Promise<string | undefined> {
  const commit = new TextDecoder().decode(await readKept(cache, lookupUrl));
  return COMMIT.test(commit) ? commit : undefined;
}
