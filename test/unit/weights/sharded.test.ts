import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDepthModel, type NodeLoadOptions } from '../../../src/node/load.js';
import type { ModelSource } from '../../../src/runtime/load.js';
import { seededCheckpoint } from '../../../truth/seeded_weights.js';
import { depthOf, picture, rejection } from '../model/pictures.js';
import { tinyMidas, tinyMidasTensors } from '../model/tiny_midas.js';
import { sends, WeightsServer } from './weights_server.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const INDEX = 'model.safetensors.index.json';
const SHARDS = ['model-00001-of-00003.safetensors', 'model-00002-of-00003.safetensors', 'more/last part.safetensors'];

/** A third of the tensors in each shard, and the index of them. */
function sharded(): Map<string, Uint8Array> {
  const tensors = tinyMidasTensors();
  const part = (i: number) => tensors.slice((i * tensors.length) / 3, ((i + 1) * tensors.length) / 3);
  const map = SHARDS.flatMap((path, i) => part(i).map(({ name }) => [name, path] as const));
  const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: Object.fromEntries(map) }, null, 2);
  return new Map([
    [INDEX, new TextEncoder().encode(index)],
    ...SHARDS.map((path, i) => [path, seededCheckpoint(part(i))] as const),
  ]);
}

const root = mkdtempSync(join(tmpdir(), 'depthwise-shards-'));
let folder: string;
let files: Map<string, Uint8Array>;
let server: WeightsServer;
beforeEach(async () => {
  folder = mkdtempSync(join(root, 'x'));
  mkdirSync(join(folder, 'more'));
  files = sharded();
  server = await WeightsServer.start();
  server.answer((request, response) => {
    const path = decodeURIComponent(request.url!.replace(/^.*?\/(?:files|resolve\/\w+)\//, ''));
    const body = files.get(path);
    return (body ? sends(body, { etag: '"1"' }) : sends('', {}, 404))(request, response);
  });
});
afterEach(() => server.stop());
afterAll(() => rmSync(root, { recursive: true }));

function written(): string {
  for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes);
  return join(folder, INDEX);
}

const load = (source: ModelSource, options: NodeLoadOptions = {}) =>
  loadDepthModel(source, { precision: 'f32', cache: false, hubUrl: server.origin, ...options });

async function mapOf(source: ModelSource, options: NodeLoadOptions = {}): Promise<Float32Array> {
  const model = await load(source, options);
  try {
    return await depthOf(model, picture('a'));
  } finally {
    model.dispose();
  }
}

describe('weights in several files', () => {
  it('are those of one file: by path, under any name, and by URL', async () => {
    const expected = await mapOf(tinyMidas());
    expect(await mapOf(written())).toEqual(expected);
    writeFileSync(join(folder, 'weights.bin'), files.get(INDEX)!);
    expect(await mapOf(join(folder, 'weights.bin'))).toEqual(expected);
    const seen: (readonly [number, number | undefined])[] = [];
    const onProgress: NodeLoadOptions['onProgress'] = ({ phase, loaded, total }) =>
      void (phase === 'download' && seen.push([loaded, total]));
    expect(await mapOf(`${server.origin}/files/${INDEX}`, { onProgress })).toEqual(expected);
    const bytes = SHARDS.reduce((sum, path) => sum + files.get(path)!.length, 0);
    expect(seen.at(-1)).toEqual([bytes, bytes]);
  });

  it('of a commit of the hub are fetched once, and kept', async () => {
    const options = { cache: join(folder, 'cache') };
    const source = `hf:org/repo@${COMMIT}/${INDEX}`;
    const expected = await mapOf(source, options);
    server.answer(sends('', {}, 500));
    expect(await mapOf(source, options)).toEqual(expected);
    expect(server.requests).toHaveLength(0);
  });

  it.each([
    '../x',
    '/etc/x',
    'a/../../x',
    '..',
    '.',
    '',
    'http://x/y',
    'C:\\x',
    'a\\b',
    'a%2f..',
    'a?b',
    'a\0',
    7,
    null,
  ])('are refused where a path leaves the folder: %j', async (path) => {
    const index = { weight_map: { ...(JSON.parse(Buffer.from(files.get(INDEX)!).toString()).weight_map as object) } };
    Object.assign(index.weight_map, { another: path });
    files.set(INDEX, new TextEncoder().encode(JSON.stringify(index)));
    const error = { name: 'WeightsFormatError', code: 'ST_INDEX', tensor: 'another' };
    expect(await rejection(load(written()))).toMatchObject(error);
    expect(await rejection(load(`${server.origin}/files/${INDEX}`))).toMatchObject(error);
    expect(server.requests).toHaveLength(1);
  });

  it('are refused where a shard lacks a tensor of the index, or has one that is not in it', async () => {
    const [first, second] = SHARDS as [string, string];
    files.set(second, files.get(first)!);
    const lacks = {
      code: 'ST_INDEX',
      tensor: expect.any(String),
      message: expect.stringMatching(/should hold tensor/),
    };
    expect(await rejection(load(written()))).toMatchObject(lacks);
    files = sharded();
    files.set(
      INDEX,
      Buffer.from(
        Buffer.from(files.get(INDEX)!)
          .toString()
          .replace(/"[^"]+": "model-00001[^"]+",/, ''),
      ),
    );
    const surplus = { code: 'ST_INDEX', message: expect.stringMatching(/not said to be there/) };
    expect(await rejection(load(written()))).toMatchObject(surplus);
  });

  it('are refused where a shard is missing, is cut, or is an index', async () => {
    const [first, second] = SHARDS as [string, string];
    const missing = `${server.origin}/files/${INDEX}`;
    const whole = files.get(second)!;
    files.delete(second);
    expect(await rejection(load(missing))).toMatchObject({ code: 'NET_HTTP', source: expect.stringContaining(second) });
    expect(await rejection(load(written()))).toMatchObject({ code: 'SOURCE_FILE' });
    files.set(second, whole.subarray(0, whole.length - 4));
    expect(await rejection(load(written()))).toMatchObject({ source: expect.stringContaining(second) });
    files.set(second, files.get(INDEX)!);
    expect(await rejection(load(written()))).toMatchObject({ code: 'SOURCE_INDEX' });
    expect(first).toBeDefined();
  });

  it('are refused past the bounds of files and bytes, and where the index is broken', async () => {
    const refused = async (text: string, fault: object) => {
      files.set(INDEX, new TextEncoder().encode(text));
      expect(await rejection(load(written()))).toMatchObject(fault);
    };
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`t${i}`, `${i}.safetensors`]));
    await refused(JSON.stringify({ weight_map: many }), { code: 'ST_INDEX', limit: 'files', expected: 128 });
    const long = JSON.stringify({ weight_map: { a: 'b' }, pad: 'x'.repeat(2 ** 22) });
    await refused(long, { code: 'ST_INDEX', limit: 'bytes', expected: 2 ** 22, actual: 2 ** 22 + 1 });
    for (const map of ['{}', '[]', '"x"', 'null']) await refused(`{"weight_map": ${map}}`, { code: 'ST_INDEX' });
    await refused('{"weight_map": {', { code: 'ST_INDEX' });
    await refused('{"error": "none"}', { code: 'NET_NOT_WEIGHTS' });
  });

  it('are refused where only the index is given, with what to give', async () => {
    for (const source of [new Blob([new Uint8Array(files.get(INDEX)!)]), files.get(INDEX)!])
      expect(await rejection(load(source))).toMatchObject({
        name: 'UsageError',
        code: 'SOURCE_INDEX',
        hint: expect.stringContaining('folder'),
      });
  });
});
