import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel as loadInBrowser, type DepthModel } from '../../src/index.js';
import { folderCache, loadDepthModel } from '../../src/node/index.js';
import { browserCache } from '../../src/weights/cache/browser_cache.js';
import type { ListedCache } from '../../src/weights/cache/cache.js';
import { testGpu } from '../gpu.js';
import { bitsOf, picture, rejection } from '../unit/model/pictures.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { MemoryCaches, MemoryLocks } from '../unit/weights/memory_caches.js';
import { breaksOff, sends, WeightsServer, type Answer } from '../unit/weights/weights_server.js';

const BODY = tinyMidas();
const TAG = { etag: '"1"' };

let server: WeightsServer;
let folder: string;
const memory = { caches: new MemoryCaches(), locks: new MemoryLocks() };
/** Requests that were answered with bytes. */
let sent: number;
/** Sends the second half of the file. */
let goOn: () => void;

/** Sends half of the file, and the rest when told to. */
const halting: Answer = (request, response) => {
  if (request.headers['if-none-match'] === TAG.etag) return void response.writeHead(304, TAG).end();
  sent++;
  response.writeHead(200, { 'content-length': BODY.length, ...TAG });
  response.write(BODY.subarray(0, BODY.length >> 1));
  goOn = () => response.end(BODY.subarray(BODY.length >> 1));
};

beforeEach(async () => {
  server = await WeightsServer.start();
  server.answer(halting);
  folder = mkdtempSync(join(tmpdir(), 'depthwise-shared-'));
  memory.caches.entries.clear();
  sent = 0;
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe.each([
  ['a folder', (): ListedCache => folderCache(folder), loadDepthModel, () => readdirSync(folder).length, 3],
  ['the Cache API', (): ListedCache => browserCache(memory)!, loadInBrowser, () => memory.caches.entries.size, 2],
] as const)('loads of one URL at once, kept in %s', (_, open, loadModel, entries, whole) => {
  /** Each load has a cache of its own, as those that callers make have. */
  const load = async (signal?: AbortSignal): Promise<DepthModel> =>
    loadModel(`${server.origin}/w.safetensors`, {
      device: (await testGpu()).device,
      cache: open(),
      precision: 'f32',
      ...(signal && { signal }),
    });
  const started = () => vi.waitFor(() => expect(sent).toBe(1));

  it('share one download, and each model lives by itself', async () => {
    const pending = [load(), load(), load()];
    await started();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests.length).toBe(1);
    goOn();
    const [one, two, three] = (await Promise.all(pending)) as [DepthModel, DepthModel, DepthModel];
    expect(sent).toBe(1);
    expect(entries()).toBe(whole);
    const expected = await bitsOf(one, picture('a'));
    one.dispose();
    for (const model of [two, three]) {
      expect(await bitsOf(model, picture('a'))).toBe(expected);
      model.dispose();
    }
  });

  it('of which the first is aborted go on: the next downloads', async () => {
    const stop = new AbortController();
    const first = rejection(load(stop.signal));
    await started();
    const second = load();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBe(1);
    server.answer(sends(BODY, TAG));
    stop.abort();
    expect(await first).toMatchObject({ name: 'AbortError' });
    const model = await second;
    expect((await bitsOf(model, picture('a'))).length).toBe(64);
    model.dispose();
    expect(entries()).toBe(whole);
  });

  it('of which the second is aborted go on: it ends at once, and the first is not touched', async () => {
    const stop = new AbortController();
    const first = load();
    await started();
    const second = rejection(load(stop.signal));
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await second).toMatchObject({ name: 'AbortError' });
    const third = load();
    goOn();
    for (const model of await Promise.all([first, third])) model.dispose();
    expect(sent).toBe(1);
  });

  it('of which the first fails go on: a server that breaks off costs that load alone', async () => {
    server.answer(breaksOff(BODY, 5000), sends(BODY, TAG));
    const [first, second] = await Promise.allSettled([load(), load()]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'ST_TRUNCATED' } });
    expect(second.status).toBe('fulfilled');
    if (second.status === 'fulfilled') second.value.dispose();
    expect(entries()).toBe(whole);
  });
});

describe('clearing one file of the Cache API', () => {
  it('leaves what another load is storing under the same name, and no writer starts meanwhile', async () => {
    const cache = browserCache({ ...memory, pieceBytes: 256 })!;
    const key = 'https://host.example/w.safetensors';
    const write = async (bytes: number, sha256: string) => {
      const writer = (await cache.put(key))!;
      await writer.write(new Uint8Array(bytes).fill(bytes));
      return () => writer.commit(sha256, { source: key });
    };
    await (
      await write(1000, 'a'.repeat(64))
    )();
    const commit = await write(600, 'b'.repeat(64));
    const [kept] = await cache.list();
    await cache.clear(kept);
    expect(await cache.list()).toEqual([]);
    await commit();
    const stored = (await cache.match(key))!;
    expect((await new Response(await stored.open()).arrayBuffer()).byteLength).toBe(600);
    expect(memory.caches.entries.size).toBe(4);
    // While its pieces are deleted, a file has a writer.
    const asked: unknown[] = [];
    vi.spyOn(memory.caches, 'open').mockImplementation(async () => {
      const opened = await MemoryCaches.prototype.open.call(memory.caches);
      const remove = async (request: RequestInfo | URL) => {
        asked.push(await cache.put(key));
        return MemoryCaches.prototype.open.call(memory.caches).then((whole) => whole.delete(request));
      };
      return Object.assign(Object.create(opened) as Cache, { delete: remove });
    });
    const [next] = await cache.list();
    await cache.clear(next);
    vi.restoreAllMocks();
    expect(asked.length).toBe(4);
    expect(asked.every((writer) => writer === undefined)).toBe(true);
    expect(memory.caches.entries.size).toBe(0);
  });
});
