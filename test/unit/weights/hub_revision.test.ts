import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderCache } from '../../../src/node/weights_cache.js';
import { browserCache } from '../../../src/weights/cache/browser_cache.js';
import type { WeightsCache } from '../../../src/weights/cache/cache.js';
import { withCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { fetchHubConfig } from '../../../src/weights/fetch/hub_fetch.js';
import { isKept, pinRevision } from '../../../src/weights/fetch/hub_revision.js';
import type { Warning } from '../../../src/warnings.js';
import { MemoryCaches, MemoryLocks } from './memory_caches.js';
import { faultOfAsync, fileWith } from './safetensors_file.js';
import { sends, WeightsServer, type Answer } from './weights_server.js';

const OLD = '0123456789abcdef0123456789abcdef01234567';
const NEW = '89abcdef0123456789abcdef0123456789abcdef';
const FILES: Readonly<Record<string, Uint8Array>> = {
  [OLD]: fileWith({ old: { dtype: 'F32', shape: [3], bytes: 12 } }),
  [NEW]: fileWith({ new: { dtype: 'F32', shape: [3], bytes: 12 } }),
};
const CONFIG = JSON.stringify({ model_type: 'depth_anything', backbone_config: { out_indices: [3, 6, 9, 12] } });

let hub: WeightsServer;
let hubUrl: string;
let folder: string;
/** The commit that `main` is at. */
let head: string;
/** What the hub answers to a look-up, where it is not the commit. */
let lookup: Answer | undefined;

beforeEach(async () => {
  hub = await WeightsServer.start();
  hubUrl = hub.origin;
  folder = mkdtempSync(join(tmpdir(), 'depthwise-hub-'));
  head = OLD;
  lookup = undefined;
  hub.answer((request, response) => {
    const [, revision, file] = /^\/org\/repo\/resolve\/(\w+)\/(.+)$/.exec(request.url!) ?? [];
    if (request.url === '/api/models/org/repo/revision/main')
      return (lookup ?? sends(JSON.stringify({ id: 'org/repo', sha: head })))(request, response);
    const body = FILES[revision === 'main' ? head : (revision ?? '')];
    if (body && file === 'config.json') return sends(CONFIG)(request, response);
    return body && file === 'model.safetensors'
      ? sends(body)(request, response)
      : sends('', {}, 404)(request, response);
  });
});
afterEach(async () => {
  await hub.stop().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

const asked = (): string[] => hub.requests.splice(0).map(({ url }) => url!);
const LOOKUP = '/api/models/org/repo/revision/main';
const fileAt = (revision: string): string => `/org/repo/resolve/${revision}/model.safetensors`;

/** Loads as `loadDepthModel` does; resolves to the names of the tensors. */
async function load(source: string, cache: WeightsCache | undefined, warned: string[] = []): Promise<string[]> {
  const onWarning = ({ code }: Warning) => void warned.push(code);
  const options = { cache, onWarning, hubUrl, http: { retryMs: 1 } };
  return withCheckpoint(await pinRevision(source, options), options, async (checkpoint) => {
    const names: string[] = [];
    for await (const { entry } of checkpoint.tensors()) names.push(entry.name);
    return names;
  });
}

const caches = {
  'a folder': () => {
    const cache = folderCache(folder);
    return () => cache;
  },
  'the Cache API': () => {
    const options = { caches: new MemoryCaches(), locks: new MemoryLocks() };
    return () => browserCache(options)!;
  },
};

describe.each(Object.entries(caches))('a branch of the hub and %s', (_, open) => {
  let cache: () => WeightsCache;
  beforeEach(() => void (cache = open()));

  test('is downloaded once, whether it is given by name or by URL', async () => {
    expect(await load('hf:org/repo@main', cache())).toEqual(['old']);
    expect(asked()).toEqual([LOOKUP, fileAt(OLD)]);
    for (const source of ['hf:org/repo@main', `${hubUrl}${fileAt('main')}`]) {
      expect(await load(source, cache())).toEqual(['old']);
      expect(asked()).toEqual([LOOKUP]);
    }
    await load(`hf:org/repo@${OLD}`, cache());
    expect(asked()).toEqual([]);
  });

  test('is downloaded again when it has moved', async () => {
    await load('hf:org/repo@main', cache());
    head = NEW;
    asked();
    expect(await load('hf:org/repo@main', cache())).toEqual(['new']);
    expect(asked()).toEqual([LOOKUP, fileAt(NEW)]);
    await hub.stop();
    expect(await load('hf:org/repo@main', cache())).toEqual(['new']);
  });

  test('needs no network when it was loaded before', async () => {
    expect(await isKept('hf:org/repo@main', cache(), { hubUrl })).toBe(false);
    await load('hf:org/repo@main', cache());
    await hub.stop();
    const warned: string[] = [];
    expect(await load('hf:org/repo@main', cache(), warned)).toEqual(['old']);
    expect(warned).toEqual(['CACHE_UNCHECKED']);
    expect(await isKept('hf:org/repo@main', cache(), { hubUrl })).toBe(true);
    expect(await isKept(`hf:org/repo@${OLD}`, cache(), { hubUrl })).toBe(true);
    expect(await isKept(`hf:org/repo@${NEW}`, cache(), { hubUrl })).toBe(false);
    expect(await isKept('hf:org/repo@v1', cache(), { hubUrl })).toBe(false);
    expect((await faultOfAsync(() => load('hf:org/repo@v1', cache()))).code).toBe('NET_UNREACHABLE');
  });

  test.each<[string, number, Answer]>([
    ['an error', 3, sends('', {}, 503)],
    ['another error', 1, sends('', {}, 404)],
    ['something else', 1, sends('<html></html>')],
    ['more than it can mean', 1, sends(`{"sha":"${OLD}","siblings":"${'x'.repeat(2 ** 22)}"}`)],
    ['no commit', 1, sends('{"sha":"main"}')],
    ['null', 1, sends('null')],
    ['nothing', 1, (_request, response) => void response.destroy()],
  ])(
    'whose hub answers a look-up with %s is what was known, or else what the branch holds, which is not kept',
    async (_what, times, answer) => {
      const lookups = new Array<string>(times).fill(LOOKUP);
      lookup = answer;
      for (const repeat of [1, 2]) {
        expect(await load('hf:org/repo@main', cache()), String(repeat)).toEqual(['old']);
        expect(asked()).toEqual([...lookups, fileAt('main')]);
      }
      lookup = undefined;
      await load('hf:org/repo@main', cache());
      lookup = answer;
      asked();
      expect(await load('hf:org/repo@main', cache())).toEqual(['old']);
      expect(asked()).toEqual(lookups);
    },
  );

  test('has its config kept with it', async () => {
    const options = { cache: cache(), hubUrl };
    const read = async () => fetchHubConfig(await pinRevision('hf:org/repo@main', options), options);
    expect(await read()).toMatchObject({ json: JSON.parse(CONFIG) });
    expect(asked()).toEqual([LOOKUP, `/org/repo/resolve/${OLD}/config.json`]);
    await hub.stop();
    expect(await read()).toMatchObject({ json: JSON.parse(CONFIG) });
    expect(await fetchHubConfig(`hf:org/repo@${NEW}`, options)).toBeUndefined();
  });
});

describe('pinRevision', () => {
  test('asks nothing about sources that cannot move', async () => {
    const bytes = new Uint8Array(3);
    for (const source of [
      `hf:org/repo@${OLD}`,
      `${hubUrl}${fileAt(OLD)}`,
      `${hubUrl}/elsewhere/model.safetensors`,
      'https://host.example/org/repo/resolve/main/a.safetensors',
      bytes,
    ]) {
      expect(await pinRevision(source, { hubUrl })).toBe(source);
    }
    expect(asked()).toEqual([]);
  });

  test('keeps the file and the query, and works without a cache', async () => {
    expect(await pinRevision('hf:org/repo@main/sub dir/a#b.safetensors', { hubUrl })).toBe(
      `hf:org/repo@${OLD}/sub dir/a#b.safetensors`,
    );
    expect(
      await pinRevision(new URL(`${hubUrl}/org/repo/resolve/main/a/b.safetensors?download=true`), { hubUrl }),
    ).toBe(`${hubUrl}/org/repo/resolve/${OLD}/a/b.safetensors?download=true`);
    expect(await load('hf:org/repo@main', undefined)).toEqual(['old']);
  });

  test('does not wait for ever, and stops when told to', async () => {
    lookup = () => undefined;
    expect(await pinRevision('hf:org/repo@main', { hubUrl, http: { stallMs: 20 } })).toBe('hf:org/repo@main');
    const stop = new AbortController();
    const pinning = pinRevision('hf:org/repo@main', { hubUrl, signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(pinning).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('does not believe a damaged memory', async () => {
    const cache = folderCache(folder);
    const writer = (await cache.put(`${hubUrl}${LOOKUP}`))!;
    await writer.write(new TextEncoder().encode(NEW));
    await writer.commit('0'.repeat(64));
    await hub.stop();
    expect(await pinRevision('hf:org/repo@main', { hubUrl, cache })).toBe('hf:org/repo@main');
    expect(await cache.match(`${hubUrl}${LOOKUP}`)).toBeUndefined();
  });
});
