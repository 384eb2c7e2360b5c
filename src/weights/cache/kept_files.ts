import { untilAborted } from '../../arguments/abort.js';
import type { ByteSource } from '../fetch/byte_source.js';
import type { WeightsCache } from './cache.js';
import { Sha256, type Hasher } from '../fetch/sha256.js';

/** Longest file that `readKept` reads, in bytes: what lies in a cache may be of anyone. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads a source to its end. */
async function forEachChunk(
  source: ByteSource,
  signal: AbortSignal | undefined,
  use: (chunk: Uint8Array) => unknown,
): Promise<void> {
  const reader = (await untilAborted(source.open(signal), signal)).getReader();
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return;
      use(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Digest of all bytes of a source, in lower-case hexadecimal. */
export async function digestOf(source: ByteSource, hasher: Hasher, signal: AbortSignal | undefined): Promise<string> {
  await forEachChunk(source, signal, (chunk) => hasher.update(chunk));
  return hasher.digest('hex');
}

/**
 * A small file kept by `keepBytes`; undefined when there is none, or none that can be read. A damaged one is deleted.
 */
export async function readKept(
  cache: WeightsCache | undefined,
  key: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const found = await cache?.match(key);
    if (!cache || !found) return undefined;
    if (found.size === undefined || found.size > MAX_BYTES) throw new RangeError('This is no small file.');
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    await forEachChunk(found, undefined, (chunk) => chunks.push(chunk.slice()));
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
    if (new Sha256().update(bytes).digest() === found.sha256) return bytes;
    await cache.delete(key);
  } catch {
    return undefined;
  }
  return undefined;
}

/**
 * Keeps a small file that is at hand.
 * @throws CacheError `CACHE_QUOTA` or `CACHE_WRITE`
 */
export async function keepBytes(cache: WeightsCache, key: string, bytes: Uint8Array): Promise<void> {
  const writer = await cache.put(key);
  try {
    await writer?.write(bytes);
    await writer?.commit(new Sha256().update(bytes).digest());
  } catch (error) {
    await writer?.abort().catch(() => undefined);
    throw error;
  }
}
