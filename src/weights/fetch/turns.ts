import { untilAborted } from '../../arguments/abort.js';
import type { CacheWriter } from '../cache/cache.js';

/** Loads that fill a cache, by key: what settles when the last of them is over. */
const turns = new Map<string, Promise<void>>();

/** The right to look for a file in a cache and to fill it. */
export interface CacheTurn {
  /** Gives it to the next. Safe to call twice. */
  end(): void;
  /** Keeps it until the file is written or given up. */
  during(writer: CacheWriter): CacheWriter;
}

/**
 * Waits until no other load of this program fills a cache under this key, so that a file which several want at once
 * comes over the network once: the others find it kept. Where the first gives up, the next downloads.
 * @throws an `AbortError`; the others go on
 */
export async function takeTurn(key: string, signal?: AbortSignal): Promise<CacheTurn> {
  const before = turns.get(key);
  let end = (): void => {};
  const over = new Promise<void>((resolve) => (end = resolve));
  const last = Promise.all([before, over]).then(() => {
    if (turns.get(key) === last) turns.delete(key);
  });
  turns.set(key, last);
  try {
    await untilAborted(Promise.resolve(before), signal);
  } catch (error) {
    end();
    throw error;
  }
  const ending =
    <T extends unknown[]>(work: (...args: T) => Promise<void>) =>
    (...args: T) =>
      work(...args).finally(end);
  const during = (writer: CacheWriter): CacheWriter => ({
    write: (bytes) => writer.write(bytes),
    commit: ending((sha256, origin) => writer.commit(sha256, origin)),
    abort: ending(() => writer.abort()),
  });
  return { end, during };
}
