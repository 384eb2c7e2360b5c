import { ModelMismatchError, NetworkError } from '../../errors.js';
import { throwIfAborted } from '../../arguments/abort.js';
import { isolate, warningOf } from '../../warnings.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint_options.js';
import { configBeside, type HubConfig } from './config_beside.js';
import { parts } from '../../parts.js';
import { displayUrl, resolveSource } from './source.js';

/** Of a config.json, which has a few thousand bytes. */
const LIMITS = { maxBytes: 1024 * 1024, totalMs: 20_000 };

/**
 * The config.json beside a file, on the hub or on disk: it says what tensors cannot. Undefined for any other source,
 * where there is no such file, and for one on disk that is not JSON. That of a commit is kept in the cache.
 * @throws ModelMismatchError `MODEL_CONFIG` when there is one that is not JSON, or an `AbortError`
 */
export async function fetchHubConfig(
  source: CheckpointSource,
  options: CheckpointOptions,
): Promise<HubConfig | undefined> {
  if (typeof source === 'object' && 'sibling' in source) return configBeside(source, options.signal);
  if (typeof source !== 'string' && !(source instanceof URL)) return undefined;
  const { url: fileUrl, cacheKey, pinned, moving } = resolveSource(String(source), options);
  if (!pinned && !moving) return undefined;
  const url = new URL('config.json', fileUrl);
  const name = displayUrl(url.href);
  const cache = cacheKey === undefined ? undefined : options.cache;
  const { keepBytes, readKept } = await parts.downloads();
  const kept = await readKept(cache, url.href);
  if (kept) return parseConfig(kept, name);
  const bytes = await fetchBytes(url, name, options);
  const config = bytes && parseConfig(bytes, name);
  if (cache && bytes) await keepBytes(cache, url.href, bytes).catch(() => undefined);
  return config;
}

/** The file; undefined where it is not there, or cannot be had, of which the caller is warned. */
async function fetchBytes(url: URL, name: string, options: CheckpointOptions): Promise<Uint8Array | undefined> {
  try {
    const { fetchSmallFile } = await parts.downloads();
    return (await fetchSmallFile(url.href, name, LIMITS, options.http ?? {}, options.signal)).bytes;
  } catch (error) {
    throwIfAborted(options.signal);
    if (!(error instanceof NetworkError) || error.actual !== 404) isolate(options.onWarning)(warningOf(error));
    return undefined;
  }
}

function parseConfig(bytes: Uint8Array, name: string): HubConfig {
  try {
    return { json: JSON.parse(new TextDecoder().decode(bytes)), source: name };
  } catch (cause) {
    throw new ModelMismatchError('MODEL_CONFIG', `${name}: this is not JSON: ${(cause as Error).message}`, {
      source: name,
      cause,
    });
  }
}
