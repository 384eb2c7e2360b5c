import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadDepthModel as loadInBrowser, type DepthModel } from '../../../src/index.js';
import { registry } from '../../../src/models/registry.js';
import { clearCachedWeights, folderCache, listCachedWeights, loadDepthModel } from '../../../src/node/index.js';
import { browserCache } from '../../../src/weights/cache/browser_cache.js';
import type { ListedCache } from '../../../src/weights/cache/cache.js';
import { keepBytes } from '../../../src/weights/cache/kept_files.js';
import type { Warning } from '../../../src/warnings.js';
import { testGpu } from '../../gpu.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { bitsOf, picture, rejection } from '../model/pictures.js';
import { tinyMidas } from '../model/tiny_midas.js';
import { MemoryCaches, MemoryLocks } from './memory_caches.js';
import { sends, WeightsServer, type Answer } from './weights_server.js';

/** Another network than `tinyMidas`: its last thousand weights are halved. */
function otherMidas(): Uint8Array<ArrayBuffer> {
  const bytes = tinyMidas();
  const tail = new DataView(bytes.buffer);
  for (let at = bytes.length - 4096; at < bytes.length; at += 4)
    tail.setFloat32(at, 0.5 * tail.getFloat32(at, true), true);
  return bytes;
}

let server: WeightsServer;
let origin: string;
let folder: string;
/** What the server has, and how it says which version that is. */
let body: Uint8Array;
let validators: Record<string, string>;

/** Answers as servers of files do: 304 to a condition that holds. */
const answers: Answer = (request, response) => {
  const { etag, 'last-modified': date } = validators;
  const held =
    request.headers['if-none-match'] !== undefined
      ? request.headers['if-none-match'] === etag
      : date !== undefined && request.headers['if-modified-since'] === date;
  return held ? void response.writeHead(304, validators).end() : sends(body, validators)(request, response);
};

beforeEach(async () => {
  server = await WeightsServer.start();
  origin = server.origin;
  folder = mkdtempSync(join(tmpdir(), 'depthwise-kept-'));
  body = tinyMidas();
  validators = {};
  server.answer(answers);
});
afterEach(async () => {
  await server.stop().catch(() => undefined);
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});

const memory = { caches: new MemoryCaches(), locks: new MemoryLocks() };

describe.each([
  ['a folder', (): ListedCache => folderCache(folder), loadDepthModel],
  ['the Cache API', (): ListedCache => browserCache(memory)!, loadInBrowser],
] as const)('weights at a URL, kept in %s', (_, open, loadModel) => {
  let cache: ListedCache;
  beforeEach(async () => {
    memory.caches.entries.clear();
    cache = open();
  });

  /** Loads through the door: the model, where its bytes came from, what it was warned of, and how often was asked. */
  async function load(device?: GPUDevice) {
    const before = server.requests.length;
    const warnings: Warning[] = [];
    const phases = new Set<string>();
    const model: DepthModel = await loadModel('midas-v2.1-small', {
      device: device ?? (await nullGpu()).device,
      weights: `${origin}/w.safetensors?key=secret`,
      cache,
      precision: 'f32',
      tuning: 'off',
      onProgress: ({ phase }) => (phase === 'download' || phase === 'read') && phases.add(phase),
      onWarning: (warning) => warnings.push(warning),
    });
    const asked: IncomingMessage[] = server.requests.slice(before);
    return { model, phase: [...phases].join(), codes: warnings.map(({ code }) => code), asked };
  }

  async function outcome() {
    const { model, ...rest } = await load();
    model.dispose();
    return rest;
  }

  test.each([
    ['a tag', { etag: '"1"' }, { etag: '"2"' }, 'if-none-match'],
    ['a weak tag', { etag: 'W/"1"' }, { etag: 'W/"2"' }, 'if-none-match'],
    [
      'a date',
      { 'last-modified': 'Wed, 25 Nov 2026 10:00:00 GMT' },
      { 'last-modified': 'Thu, 26 Nov 2026 10:00:00 GMT' },
      'if-modified-since',
    ],
  ])('with %s are asked about, and read again only when they were replaced', async (_tag, first, second, header) => {
    validators = first;
    expect(await outcome()).toMatchObject({ phase: 'download', codes: [] });
    for (let again = 0; again < 2; again++) {
      const kept = await outcome();
      expect(kept).toMatchObject({ phase: 'read', codes: [] });
      expect(kept.asked.map(({ headers }) => headers[header])).toEqual([Object.values(first)[0]]);
    }
    body = otherMidas();
    validators = second;
    expect(await outcome()).toMatchObject({ phase: 'download', codes: [], asked: { length: 1 } });
    expect(await outcome()).toMatchObject({ phase: 'read', codes: [] });
    expect(await cache.list()).toMatchObject([{ sha256: createHash('sha256').update(body).digest('hex') }]);
  });

  test('give the depth of the new weights once these are replaced, not that of the old', async () => {
    const { device } = await testGpu();
    const depth = async () => {
      const { model } = await load(device);
      const bits = await bitsOf(model, picture('kept'));
      model.dispose();
      return bits;
    };
    validators = { etag: '"1"' };
    const old = await depth();
    expect(await depth()).toBe(old);
    body = otherMidas();
    validators = { etag: '"2"' };
    const fresh = await depth();
    expect(fresh).not.toBe(old);
    expect(await depth()).toBe(fresh);
  });

  test('are read again each time where the server has no way to tell versions apart', async () => {
    expect(await outcome()).toMatchObject({ phase: 'download' });
    body = otherMidas();
    expect(await outcome()).toMatchObject({ phase: 'download', codes: [] });
  });

  test('are not read again from a server that passes over conditions and shows the same tag', async () => {
    server.answer((request, response) => sends(body, { etag: '"1"' })(request, response));
    expect(await outcome()).toMatchObject({ phase: 'download' });
    expect(await outcome()).toMatchObject({ phase: 'read', codes: [] });
  });

  test('from another origin than the page are asked for without a header that needs its consent', async () => {
    validators = { etag: '"1"' };
    await outcome();
    vi.stubGlobal('location', { origin: 'https://page.example', href: 'https://page.example/' });
    const { phase, asked } = await outcome();
    expect([phase, asked.length]).toEqual(['read', 1]);
    expect(asked[0]!.headers).not.toHaveProperty('if-none-match');
    vi.stubGlobal('location', { origin, href: origin });
    expect((await outcome()).asked[0]!.headers).toMatchObject({ 'if-none-match': '"1"' });
  });

  test.each([
    ['nobody answers', () => server.stop()],
    ['the server is out of order', async () => server.answer(sends('', { 'retry-after': '0' }, 503))],
  ])('are used as they are where %s, with a warning', async (_why, breaks) => {
    validators = { etag: '"1"' };
    await outcome();
    await breaks();
    const { phase, codes } = await outcome();
    expect([phase, codes]).toEqual(['read', ['CACHE_UNCHECKED']]);
  });

  test('that the server no longer has are an error', async () => {
    validators = { etag: '"1"' };
    await outcome();
    server.answer(sends('gone', {}, 404));
    expect(await rejection(outcome())).toMatchObject({ code: 'NET_HTTP', actual: 404 });
  });

  test('are listed without secrets, and cleared with all else that is kept, and nothing else', async () => {
    expect(await listCachedWeights(cache)).toEqual([]);
    validators = { etag: '"1"' };
    await outcome();
    await keepBytes(cache, 'a small file', Uint8Array.of(1));
    const listed = await listCachedWeights(cache);
    expect(listed).toEqual([
      {
        source: `${origin}/w.safetensors`,
        bytes: body.length,
        sha256: createHash('sha256').update(body).digest('hex'),
        stored: expect.any(Date),
      },
    ]);
    expect(Math.abs(Date.now() - listed[0]!.stored!.getTime())).toBeLessThan(60_000);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await clearCachedWeights(cache);
    expect(await listCachedWeights(cache)).toEqual([]);
    expect(await cache.match('a small file')).toBeUndefined();
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(await outcome()).toMatchObject({ phase: 'download', codes: [] });
  });

  test('are cleared one by one, and all else that is kept stays', async () => {
    validators = { etag: '"1"' };
    await outcome();
    const put = async (path: string, bytes: Uint8Array) => {
      const writer = (await cache.put(path))!;
      await writer.write(bytes);
      await writer.commit(createHash('sha256').update(bytes).digest('hex'), { source: `${origin}/${path}` });
    };
    await put('same-bytes', body);
    await put('other-bytes', Uint8Array.of(1, 2, 3));
    await keepBytes(cache, 'a small file', Uint8Array.of(1));
    const listed = await listCachedWeights(cache);
    const meant = listed.find(({ source }) => source.endsWith('/same-bytes'))!;
    await clearCachedWeights(cache, { ...meant, sha256: '0'.repeat(64) });
    expect(await listCachedWeights(cache), 'of other bytes').toEqual(listed);
    await clearCachedWeights(cache, meant);
    await clearCachedWeights(cache, meant);
    expect(await listCachedWeights(cache)).toEqual(listed.filter((kept) => kept !== meant));
    expect(await cache.match('same-bytes')).toBeUndefined();
    expect((await cache.match('other-bytes'))?.size).toBe(3);
    expect(await cache.match('a small file')).toBeDefined();
    expect(await outcome(), 'the others are whole').toMatchObject({ phase: 'read', codes: [] });
  });
});

test('the folder holds no secret of a URL', async () => {
  validators = { etag: '"1"' };
  const options = { device: (await nullGpu()).device, cache: folder, precision: 'f32', tuning: 'off' } as const;
  const url = new URL(`${origin}/w.safetensors?token=secret`);
  (await loadDepthModel('midas-v2.1-small', { ...options, weights: url })).dispose();
  for (const name of readdirSync(folder).filter((file) => !file.endsWith('.safetensors')))
    expect(readFileSync(join(folder, name), 'latin1')).not.toContain('secret');
  expect(await listCachedWeights(folder)).toHaveLength(1);
  await clearCachedWeights(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('weights that come with the package are those this code was made with', () => {
  const nano = registry.find(({ name }) => name === 'nano')!.weights;
  const bytes = readFileSync(new URL('../../../models/nano.safetensors', import.meta.url));
  expect(nano).toMatchObject({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
});
