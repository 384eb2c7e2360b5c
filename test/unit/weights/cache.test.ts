import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CacheError, ModelMismatchError } from '../../../src/errors.js';
import { folderCache } from '../../../src/node/weights_cache.js';
import { browserCache } from '../../../src/weights/cache/browser_cache.js';
import type { WeightsCache } from '../../../src/weights/cache/cache.js';
import { openCheckpoint, withCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import type { CheckpointOptions } from '../../../src/weights/fetch/checkpoint_options.js';
import { FILE, load, serves, SHA256, URL_A } from './cached_load.js';
import { MemoryCaches, MemoryLocks } from './memory_caches.js';
import { faultOfAsync, fileWith } from './safetensors_file.js';

/** Where the name of the first tensor is spelled. */
const NAME = 8 + '{"'.length;
const flipped = (bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 2 : byte));

interface Harness {
  readonly cache: () => WeightsCache;
  /**
   * Makes the stored copy one byte shorter, flips a bit of its data or of the name of its first tensor, or empties it.
   */
  readonly damage: (how: 'cut' | 'flip' | 'rename' | 'empty') => void;
  /** Number of stored things, complete or not. */
  readonly entries: () => number;
}

let folder: string;
let caches: MemoryCaches;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'depthwise-cache-'));
  caches = new MemoryCaches();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node: Harness = {
  cache: () => folderCache(folder),
  damage: (how) => {
    const path = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.safetensors'))!,
    );
    if (how === 'flip' || how === 'rename')
      writeFileSync(path, flipped(readFileSync(path), how === 'flip' ? FILE.length - 5 : NAME));
    else truncateSync(path, how === 'cut' ? FILE.length - 1 : 0);
  },
  entries: () => readdirSync(folder).length,
};

const browser: Harness = {
  cache: () => browserCache({ caches, locks: new MemoryLocks(), pieceBytes: 256 })!,
  damage: (how) => {
    const [url, body] = [...caches.entries].filter(([entry]) => /\/[0-9]+$/.test(entry)).at(how === 'rename' ? 0 : -1)!;
    const flips = how === 'flip' || how === 'rename';
    caches.entries.set(
      url,
      flips ? flipped(body, how === 'flip' ? body.length - 5 : NAME) : body.subarray(0, how === 'cut' ? -1 : 0),
    );
  },
  entries: () => caches.entries.size,
};

describe.each([
  ['a folder', node, 3],
  ['the Cache API', browser, 1 + Math.ceil(FILE.length / 256)],
] as const)('%s', (_, harness, entries) => {
  test('N15: the second load needs no network', async () => {
    const fetch = serves();
    expect((await load(harness.cache(), fetch)).phases).toEqual(['download']);
    expect(harness.entries()).toBe(entries);
    const offline = vi.fn(async () => {
      throw new TypeError('offline');
    });
    expect(
      await load(harness.cache(), offline as never, { expected: { bytes: FILE.length, sha256: SHA256 } }),
    ).toMatchObject({ codes: [], phases: ['read'] });
    expect(fetch).toHaveBeenCalledOnce();
    expect(offline).not.toHaveBeenCalled();
  });

  test('N16: a short or empty copy is deleted and fetched again, once', async () => {
    for (const how of ['cut', 'empty'] as const) {
      const fetch = serves();
      await load(harness.cache(), fetch);
      harness.damage(how);
      await load(harness.cache(), fetch);
      expect(fetch).toHaveBeenCalledTimes(2);
      expect((await load(harness.cache(), fetch)).codes).toEqual([]);
      expect(fetch).toHaveBeenCalledTimes(2);
      expect(harness.entries()).toBe(entries);
      await harness.cache().delete(URL_A);
      expect(harness.entries()).toBe(0);
    }
  });

  test('a flipped bit is found in a copy of a file no registry knows the digest of', async () => {
    const fetch = serves();
    await load(harness.cache(), fetch);
    harness.damage('flip');
    expect((await load(harness.cache(), fetch)).codes).toEqual(['CACHE_CORRUPT']);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(await load(harness.cache(), fetch)).toMatchObject({ codes: [], phases: ['read'] });
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  /** Loads as a model does that looks at the names before it reads a value; resolves to the names. */
  const mapNames = (options: CheckpointOptions) =>
    withCheckpoint(URL_A, { cache: harness.cache(), ...options }, async ({ table }) => {
      const names = [...table.tensors.keys()];
      if (!names.includes('a')) throw new ModelMismatchError('MODEL_MISSING_TENSOR', `no "a" among ${names.join()}`);
      return names;
    });

  test('a model that does not fit a damaged copy is not blamed: the copy is deleted and fetched again', async () => {
    const fetch = serves();
    await load(harness.cache(), fetch);
    harness.damage('rename');
    expect(await mapNames({ http: { fetch: fetch as never } })).toEqual(['a', 'b']);
    expect(fetch).toHaveBeenCalledTimes(2);
    await load(harness.cache(), fetch);
    harness.damage('rename');
    const offline = vi.fn(() => Promise.reject(new TypeError('offline')));
    expect(await faultOfAsync(() => mapNames({ http: { fetch: offline } }))).toMatchObject({ code: 'NET_UNREACHABLE' });
    expect(harness.entries()).toBe(0);
  });

  test('a model that does not fit a sound copy is blamed, and the copy stays', async () => {
    const other = fileWith({ c: { dtype: 'F32', shape: [3], bytes: 12 } });
    const fetch = serves(other);
    await withCheckpoint(URL_A, { cache: harness.cache(), http: { fetch: fetch as never } }, async (checkpoint) => {
      for await (const { entry } of checkpoint.tensors()) expect(entry.name).toBe('c');
    });
    const stored = harness.entries();
    expect(await faultOfAsync(() => mapNames({ http: { fetch: fetch as never } }))).toMatchObject({
      code: 'MODEL_MISSING_TENSOR',
    });
    expect(fetch).toHaveBeenCalledOnce();
    expect(harness.entries()).toBe(stored);
  });

  test('a damaged copy that cannot be deleted is not read twice', async () => {
    const fetch = serves();
    const cache = harness.cache();
    await load(cache, fetch);
    harness.damage('flip');
    const readOnly: WeightsCache = {
      match: (key) => cache.match(key),
      put: async () => undefined,
      delete: () => Promise.reject(new Error('read only')),
    };
    await load(readOnly, fetch);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('N12, N16: a flipped bit is found by the digest at the end of the copy, and the load starts over', async () => {
    const fetch = serves();
    const expected = { sha256: SHA256 };
    await load(harness.cache(), fetch, { expected });
    harness.damage('flip');
    await load(harness.cache(), fetch, { expected });
    expect(fetch).toHaveBeenCalledTimes(2);
    harness.damage('flip');
    const checkpoint = await openCheckpoint(URL_A, { cache: harness.cache(), expected });
    const error = await faultOfAsync(async () => {
      for await (const tensor of checkpoint.tensors()) expect(tensor.bytes.length).toBeGreaterThan(0);
    });
    expect(error).toBeInstanceOf(CacheError);
    expect(error).toMatchObject({ code: 'CACHE_CORRUPT', retryable: true });
    expect(error.cause).toMatchObject({ code: 'INTEGRITY_SHA256' });
    expect(harness.entries()).toBe(0);
  });

  test('a copy of another length than the registry says is replaced', async () => {
    const old = fileWith({ a: { dtype: 'F32', shape: [3], bytes: 12 } });
    const checkpoint = await openCheckpoint(URL_A, { cache: harness.cache(), http: { fetch: serves(old) as never } });
    for await (const tensor of checkpoint.tensors()) expect(tensor.entry.name).toBe('a');
    const fetch = serves();
    expect((await load(harness.cache(), fetch, { expected: { bytes: FILE.length } })).codes).toEqual(['CACHE_CORRUPT']);
    expect(fetch).toHaveBeenCalledOnce();
  });

  test('nothing that is broken, cut, wrong, abandoned or cancelled becomes visible', async () => {
    const attempts: [Uint8Array, CheckpointOptions][] = [
      [FILE.subarray(0, -1), {}],
      [Uint8Array.of(...FILE, 0), {}],
      [flipped(FILE, FILE.length - 5), { expected: { sha256: SHA256 } }],
      [FILE.subarray(0, 50), {}],
      [new TextEncoder().encode('<html></html>'), {}],
    ];
    for (const [body, options] of attempts) {
      await faultOfAsync(() => load(harness.cache(), serves(body), options));
      expect(harness.entries()).toBe(0);
    }
    const abandoned = await openCheckpoint(URL_A, { cache: harness.cache(), http: { fetch: serves() as never } });
    for await (const tensor of abandoned.tensors()) if (tensor.entry.name === 'a') break;
    expect(harness.entries()).toBe(0);
    const controller = new AbortController();
    const cancelled = await openCheckpoint(URL_A, {
      cache: harness.cache(),
      http: { fetch: serves() as never },
      signal: controller.signal,
    });
    controller.abort();
    await expect(cancelled.tensors().next()).rejects.toMatchObject({ name: 'AbortError' });
    expect(harness.entries()).toBe(0);
    expect(await harness.cache().match(URL_A)).toBeUndefined();
  });

  test('N19: two loads at once both succeed, and leave one copy', async () => {
    const cache = harness.cache();
    await Promise.all([load(cache, serves()), load(cache, serves()), load(cache, serves())]);
    expect(harness.entries()).toBe(entries);
    expect((await load(cache, serves())).phases).toEqual(['read']);
  });

  test('a failing caller is not retried', async () => {
    const use = vi.fn(async () => {
      throw new Error('mine');
    });
    await expect(
      withCheckpoint(URL_A, { cache: harness.cache(), http: { fetch: serves() as never } }, use),
    ).rejects.toThrow('mine');
    expect(use).toHaveBeenCalledOnce();
    expect(harness.entries()).toBe(0);
  });
});

describe('the Cache API', () => {
  test('N17: quota exceeded at any entry: the load goes on, with a warning, and nothing stays', async () => {
    for (let room = 0; room < 4; room++) {
      caches.room = room;
      const { codes, warnings } = await load(browser.cache(), serves());
      expect(codes).toEqual(['CACHE_QUOTA']);
      expect(warnings[0]!.message).toContain('no room');
      expect(caches.entries.size).toBe(0);
    }
  });

  test('N17: storage denied, or none at all', async () => {
    const denied = {
      open: () => Promise.reject(new DOMException('denied', 'SecurityError')),
    } as unknown as CacheStorage;
    expect((await load(browserCache({ caches: denied, locks: new MemoryLocks() }), serves())).codes).toEqual([
      'CACHE_READ',
      'CACHE_WRITE',
    ]);
    expect(browserCache()).toBeUndefined();
    expect((await load(undefined, serves())).codes).toEqual([]);
  });

  test('N18: a piece that is evicted between check and read', async () => {
    const fetch = serves();
    await load(browser.cache(), fetch);
    const piece = [...caches.entries.keys()].find((url) => url.endsWith('/2'))!;
    caches.entries.delete(piece);
    await load(browser.cache(), fetch);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('a short piece is named', async () => {
    await load(browser.cache(), serves());
    browser.damage('cut');
    const stored = await browser.cache().match(URL_A);
    const reading = async (): Promise<unknown> => new Response(await stored!.open()).arrayBuffer();
    const last = FILE.length % 256;
    expect(await faultOfAsync(reading)).toMatchObject({ code: 'CACHE_CORRUPT', expected: last, actual: last - 1 });
  });

  test('pieces of a tab that died are removed by the next writer, those in use are kept', async () => {
    const dead = await browser.cache().put(URL_A);
    await dead!.write(new Uint8Array(1000));
    expect(caches.entries.size).toBe(3);
    await load(browser.cache(), serves());
    expect(caches.entries.size).toBe(1 + Math.ceil(FILE.length / 256));
    const writer = await browser.cache().put(URL_A);
    await writer!.write(new Uint8Array(1000));
    await writer!.abort();
    expect((await load(browser.cache(), serves())).phases).toEqual(['read']);
  });

  test('keys are not spelled into entries', async () => {
    await load(browser.cache(), serves());
    for (const url of caches.entries.keys()) expect(url).toMatch(/^https:\/\/depthwise\.invalid\/[0-9a-f]{64}(\/|$)/);
  });
});
