import { ModelMismatchError } from '../errors.js';
import { throwIfAborted } from './abort.js';
import type { CheckpointOptions, CheckpointSource } from './checkpoint.js';
import { readHubConfig, type DepthAnythingHubConfig } from './hub_config.js';
import { displayUrl, resolveSource } from './source.js';

/**
 * The config.json beside a hub file given as `hf:org/repo@revision`: it says what tensors cannot. Undefined for any other
 * source and where the hub has no such file.
 * @throws ModelMismatchError `MODEL_CONFIG` when there is a config but not of a depth model or not JSON, or an `AbortError`
 */
export async function fetchHubConfig(source: CheckpointSource, options: CheckpointOptions): Promise<DepthAnythingHubConfig | undefined> {
  if (typeof source !== 'string' || !source.startsWith('hf:')) return undefined;
  const url = new URL('config.json', resolveSource(source, options).url);
  let response: Response;
  try {
    response = await fetch(url, { signal: options.signal ?? null });
  } catch {
    throwIfAborted(options.signal);
    return undefined;
  }
  if (!response.ok) return undefined;
  const name = displayUrl(url.href);
  const json: unknown = await response.json().catch((cause: unknown) => {
    throwIfAborted(options.signal);
    throw new ModelMismatchError('MODEL_CONFIG', `${name}: this is not JSON: ${(cause as Error).message}`, { source: name, phase: 'load', cause });
  });
  return readHubConfig(json, name);
}
