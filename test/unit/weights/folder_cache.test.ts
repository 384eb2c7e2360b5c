import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileSource } from '../../../src/node/file_source.js';
import { cacheFolder, folderCache } from '../../../src/node/weights_cache.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import { FILE, load, serves, SHA256, URL_A } from './cached_load.js';
import { faultOfAsync } from './safetensors_file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'depthwise-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the folder of weights', () => {
  test('N20: a file where the folder should be', async () => {
    const path = join(folder, 'taken');
    writeFileSync(path, '');
    const { codes, warnings } = await load(folderCache(path), serves());
    expect(codes).toEqual(['CACHE_WRITE']);
    expect(warnings[0]!.message).toContain(URL_A);
  });

  test('partial files of processes that died are removed after a day', async () => {
    const old = join(folder, 'x.safetensors.1.part');
    const fresh = join(folder, 'y.safetensors.2.part');
    for (const path of [old, fresh]) writeFileSync(path, 'x');
    const days = Date.now() / 1000 - 2 * 86_400;
    utimesSync(old, days, days);
    await load(folderCache(folder), serves());
    expect(existsSync(old)).toBe(false);
    expect(existsSync(fresh)).toBe(true);
  });

  test('keys are not spelled into names', async () => {
    const cache = folderCache(folder);
    const writer = await cache.put('https://host.example/../../etc/passwd\0');
    await writer!.write(FILE);
    await writer!.commit(SHA256);
    for (const name of readdirSync(folder)) expect(name).toMatch(/^[0-9a-f]{64}\.safetensors(\.sha256)?$/);
  });

  test('keeps the digest beside the file as sha256sum does, and does not believe a file without one', async () => {
    await load(folderCache(folder), serves());
    const [name, origin, digest] = readdirSync(folder).sort();
    expect(origin).toBe(`${name}.json`);
    expect(readFileSync(join(folder, digest!), 'utf8')).toBe(`${SHA256}  ${name}\n`);
    expect(await folderCache(folder).match(URL_A)).toMatchObject({ sha256: SHA256 });
    for (const spoil of [
      () => writeFileSync(join(folder, digest!), SHA256.slice(1)),
      () => rmSync(join(folder, digest!)),
    ]) {
      spoil();
      expect(await folderCache(folder).match(URL_A)).toBeUndefined();
    }
    expect((await load(folderCache(folder), serves())).phases).toEqual(['download']);
  });

  test('a digest that cannot be written leaves no file behind', async () => {
    const cache = folderCache(folder);
    await load(cache, serves());
    const digest = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.sha256'))!,
    );
    await cache.delete(URL_A);
    mkdirSync(digest);
    expect((await load(cache, serves())).codes).toEqual(['CACHE_WRITE']);
    expect(readdirSync(folder)).toEqual([basename(digest)]);
  });

  test('lies where the platform keeps caches', () => {
    expect(cacheFolder({ DEPTHWISE_CACHE: '/data/weights', XDG_CACHE_HOME: '/x' }, 'linux', '/home/a')).toBe(
      '/data/weights',
    );
    expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/a')).toBe(join('/x', 'depthwise'));
    expect(cacheFolder({}, 'linux', '/home/a')).toBe(join('/home/a', '.cache', 'depthwise'));
    expect(cacheFolder({}, 'darwin', '/Users/a')).toBe(join('/Users/a', 'Library', 'Caches', 'depthwise'));
    expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32', '/Users/a')).toBe(join('/local', 'depthwise', 'cache'));
    expect(cacheFolder({}, 'win32', '/Users/a')).toBe(join('/Users/a', 'AppData', 'Local', 'depthwise', 'cache'));
  });
});

describe('fileSource', () => {
  test('reads a file, and names one that is not there', async () => {
    const path = join(folder, 'net.safetensors');
    writeFileSync(path, FILE);
    const checkpoint = await openCheckpoint(await fileSource(path), {
      expected: { bytes: FILE.length, sha256: SHA256 },
    });
    const names: string[] = [];
    for await (const { entry } of checkpoint.tensors()) names.push(entry.name);
    expect(names).toEqual(['a', 'b']);
    expect(checkpoint.source).toBe(path);
    expect(await faultOfAsync(() => fileSource(join(folder, 'nothing')))).toMatchObject({
      code: 'SOURCE_FILE',
      source: join(folder, 'nothing'),
    });
    expect((await faultOfAsync(() => fileSource(folder))).message).toContain('not a file');
  });
});
