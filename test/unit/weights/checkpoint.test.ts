import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { IntegrityError, UsageError, WeightsFormatError } from '../../../src/errors.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import type { CheckpointOptions, CheckpointSource } from '../../../src/weights/fetch/checkpoint_options.js';
import type { DownloadProgress } from '../../../src/weights/fetch/progress.js';
import { faultOfAsync, fileOf, fileWith } from './safetensors_file.js';
import { scripted } from './scripted_source.js';

const FILE = fileWith({
  a: { dtype: 'F32', shape: [2], bytes: 8 },
  b: { dtype: 'F16', shape: [3], bytes: 6 },
  empty: { dtype: 'F32', shape: [0], bytes: 0 },
  c: { dtype: 'U8', shape: [5], bytes: 5 },
});
const DATA = FILE.length - 19;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function readAll(source: CheckpointSource, options: CheckpointOptions = {}): Promise<Map<string, number[]>> {
  const checkpoint = await openCheckpoint(source, options);
  const tensors = new Map<string, number[]>();
  for await (const { entry, bytes } of checkpoint.tensors()) tensors.set(entry.name, [...bytes]);
  return tensors;
}

const count = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
const EXPECTED = new Map([
  ['a', count(0, 8)],
  ['b', count(8, 6)],
  ['empty', []],
  ['c', count(14, 5)],
]);

afterEach(() => vi.restoreAllMocks());

describe('openCheckpoint', () => {
  test('every kind of source gives the same tensors', async () => {
    const shifted = new Uint8Array(FILE.length + 3);
    shifted.set(FILE, 3);
    for (const source of [
      FILE,
      FILE.buffer,
      shifted.subarray(3),
      new Blob([FILE]),
      new File([FILE], 'net.safetensors'),
      scripted(FILE),
      scripted(FILE, { size: FILE.length }),
    ]) {
      expect(await readAll(source)).toEqual(EXPECTED);
    }
    expect((await openCheckpoint(new File([FILE], 'net.safetensors'))).source).toBe('net.safetensors');
  });

  test('chunks of any size give the same tensors', async () => {
    for (let chunk = 1; chunk <= FILE.length; chunk++)
      expect(await readAll(scripted(FILE, { chunk }))).toEqual(EXPECTED);
  });

  test('a tensor within one chunk is a view of it, not a copy', async () => {
    const checkpoint = await openCheckpoint(FILE);
    for await (const { bytes } of checkpoint.tensors()) if (bytes.length > 0) expect(bytes.buffer).toBe(FILE.buffer);
  });

  test('a tensor larger than what is made ahead arrives whole', async () => {
    const size = 40 * 1024 * 1024 + 5;
    const bytes = fileOf(
      JSON.stringify({ w: { dtype: 'U8', shape: [size], data_offsets: [0, size] } }),
      new Uint8Array(size).fill(7),
    );
    bytes[bytes.length - 1] = 9;
    const checkpoint = await openCheckpoint(scripted(bytes));
    for await (const tensor of checkpoint.tensors()) {
      expect(tensor.bytes.length).toBe(size);
      expect(sha256(tensor.bytes)).toBe(sha256(bytes.subarray(-size)));
    }
  });

  test('a size in the header is not believed before its bytes arrive', async () => {
    const header = JSON.stringify({ w: { dtype: 'U8', shape: [2 ** 40], data_offsets: [0, 2 ** 40] } });
    const error = await faultOfAsync(() => readAll(scripted(fileOf(header, 10))));
    expect(error).toMatchObject({
      code: 'ST_TRUNCATED',
      expected: 8 + header.length + 2 ** 40,
      actual: 8 + header.length + 10,
    });
  });

  test('a gigabyte in the header takes no memory before its bytes arrive', async () => {
    const header = JSON.stringify({ w: { dtype: 'U8', shape: [2 ** 30], data_offsets: [0, 2 ** 30] } });
    const controller = new AbortController();
    const source = scripted(fileOf(header, 10), { hangs: true });
    const checkpoint = await openCheckpoint(source, { signal: controller.signal });
    const before = process.memoryUsage().arrayBuffers;
    const first = checkpoint.tensors().next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
    controller.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('the tensors can be read once', async () => {
    const checkpoint = await openCheckpoint(FILE);
    for await (const tensor of checkpoint.tensors()) expect(tensor.entry.name).toBeTypeOf('string');
    const error = await faultOfAsync(() => checkpoint.tensors().next());
    expect(error).toBeInstanceOf(UsageError);
    expect(error.code).toBe('CHECKPOINT_CONSUMED');
  });

  test('closing, breaking off and failing all stop the stream', async () => {
    const closed = scripted(FILE, { chunk: 1 });
    const checkpoint = await openCheckpoint(closed);
    await checkpoint.close();
    await checkpoint.close();
    expect(closed.cancelled).toBe(true);

    const broken = scripted(FILE, { chunk: 1 });
    for await (const tensor of (await openCheckpoint(broken)).tensors()) if (tensor.entry.name === 'a') break;
    expect(broken.cancelled).toBe(true);

    const bad = scripted(fileOf('{"a":1}', 100), { chunk: 1 });
    expect((await faultOfAsync(() => openCheckpoint(bad))).code).toBe('ST_ENTRY');
    expect(bad.cancelled).toBe(true);
  });
});

describe('S29: a stream that ends early', () => {
  test.each([
    ['ends', undefined],
    ['fails', new TypeError('terminated')],
  ])('%s at any byte', async (_, error) => {
    for (let length = 0; length < FILE.length; length++) {
      const source = scripted(FILE.subarray(0, length), { chunk: 7, error });
      const fault = await faultOfAsync(() => readAll(source));
      expect(fault).toBeInstanceOf(WeightsFormatError);
      if (length < 8 && error === undefined) {
        expect(fault.code).toBe('ST_TOO_SHORT');
        continue;
      }
      expect(fault.code, `${length} bytes`).toBe('ST_TRUNCATED');
      expect(fault.actual).toBe(length);
      expect(fault.retryable).toBe(true);
      if (error !== undefined) expect(fault.cause).toBe(error);
      const last = length < DATA + 8 ? undefined : length < DATA + 14 ? 'a' : 'empty';
      expect(fault.tensor).toBe(last);
      expect(fault.message).toContain(last ? `"${last}"` : 'no tensor is complete');
      if (length >= DATA) expect(fault.message).toContain(`after ${length} of ${FILE.length} bytes`);
    }
  });

  test('S24: a file known to be cut is refused at its header', async () => {
    expect((await faultOfAsync(() => openCheckpoint(FILE.subarray(0, -1)))).code).toBe('ST_OFFSETS');
    expect((await faultOfAsync(() => openCheckpoint(new Blob([FILE.subarray(0, 40)])))).code).toBe('ST_HEADER_LENGTH');
  });

  test('S27: bytes after the last tensor, found at the end of a stream', async () => {
    const source = scripted(Uint8Array.of(...FILE, 0), { chunk: 5 });
    const error = await faultOfAsync(() => readAll(source));
    expect(error).toMatchObject({ code: 'ST_TRAILING', expected: FILE.length, actual: FILE.length + 1 });
  });
});

describe('expected length and digest', () => {
  const good = { bytes: FILE.length, sha256: sha256(FILE) };

  test('the right ones pass, in any letter case', async () => {
    expect(await readAll(scripted(FILE, { chunk: 3 }), { expected: good })).toEqual(EXPECTED);
    expect(await readAll(FILE, { expected: { ...good, sha256: good.sha256.toUpperCase() } })).toEqual(EXPECTED);
  });

  test('N12: one flipped bit, wherever the parser cannot see it', async () => {
    for (let at = DATA; at < FILE.length; at++) {
      const bytes = FILE.slice();
      bytes[at]! ^= 1 << (at % 8);
      const error = await faultOfAsync(() => readAll(scripted(bytes, { chunk: 4 }), { expected: good }));
      expect(error).toBeInstanceOf(IntegrityError);
      expect(error).toMatchObject({ code: 'INTEGRITY_SHA256', expected: good.sha256, actual: sha256(bytes) });
      expect(error.message).toContain(good.sha256);
      expect(error.message).toContain(sha256(bytes));
    }
  });

  test('another length is refused before any tensor', async () => {
    for (const source of [FILE, scripted(FILE)]) {
      const error = await faultOfAsync(() => openCheckpoint(source, { expected: { bytes: 1000 } }));
      expect(error).toBeInstanceOf(IntegrityError);
      expect(error).toMatchObject({ code: 'INTEGRITY_LENGTH', expected: 1000, actual: FILE.length });
    }
  });

  test('N09: an endless body is stopped just after the expected end', async () => {
    const endless = scripted(Uint8Array.of(...FILE, ...new Uint8Array(100)), { chunk: FILE.length, hangs: true });
    const error = await faultOfAsync(() => readAll(endless, { expected: { bytes: FILE.length } }));
    expect(error).toMatchObject({ code: 'INTEGRITY_LENGTH', expected: FILE.length });
    expect(endless.cancelled).toBe(true);
  });

  test('a hasher of the platform is used in place of our own', async () => {
    const createHasher = vi.fn(() => createHash('sha256'));
    expect(await readAll(FILE, { expected: good, createHasher })).toEqual(EXPECTED);
    expect(createHasher).toHaveBeenCalledOnce();
  });
});

describe('progress', () => {
  test('counts up to the whole file', async () => {
    const seen: DownloadProgress[] = [];
    await readAll(scripted(FILE, { chunk: 50 }), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ loaded }) => loaded)).toEqual([50, 100, 150, 200, 248, 248]);
    expect(seen.at(-1)).toEqual({ phase: 'download', loaded: FILE.length, total: FILE.length });
    expect(seen[0]!.total).toBeUndefined();
  });

  test('of a local file is called reading, and knows its end from the start', async () => {
    const seen: DownloadProgress[] = [];
    await readAll(FILE, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([{ phase: 'read', loaded: FILE.length, total: FILE.length }]);
  });

  test('C20: an exception in the callback does not stop the load, and is raised once by itself', async () => {
    const thrown: unknown[] = [];
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((task: () => void) => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
      return 0;
    }) as unknown as typeof setTimeout);
    const fault = new Error('mine');
    const onProgress = vi.fn(() => {
      throw fault;
    });
    expect(await readAll(scripted(FILE, { chunk: 9 }), { onProgress })).toEqual(EXPECTED);
    expect(thrown).toEqual([fault]);
    expect(onProgress).toHaveBeenCalledOnce();
  });
});

describe('N14: cancellation', () => {
  const expectAbort = async (work: Promise<unknown>): Promise<void> => {
    const error = await work.then(
      () => undefined,
      (fault: unknown) => fault,
    );
    expect(error).toBeInstanceOf(DOMException);
    expect((error as DOMException).name).toBe('AbortError');
  };

  test('before anything', async () => {
    const source = scripted(FILE);
    await expectAbort(openCheckpoint(source, { signal: AbortSignal.abort() }));
    await expectAbort(openCheckpoint(source, { signal: AbortSignal.abort(new Error('another reason')) }));
    expect(source.opened).toBe(0);
  });

  test('while a stream says nothing, in the header and in a tensor', async () => {
    for (const length of [0, 5, 40, DATA + 3, FILE.length]) {
      const controller = new AbortController();
      const source = scripted(FILE.subarray(0, length), { hangs: true });
      const work = readAll(source, { signal: controller.signal });
      setTimeout(() => controller.abort(), 5);
      const started = performance.now();
      await expectAbort(work);
      expect(performance.now() - started).toBeLessThan(500);
      expect(source.cancelled).toBe(true);
    }
  });

  test('while the source is being opened', async () => {
    const controller = new AbortController();
    const work = openCheckpoint(
      { name: 'slow', open: () => new Promise(() => undefined) },
      { signal: controller.signal },
    );
    controller.abort();
    await expectAbort(work);
  });

  test('between two tensors', async () => {
    const controller = new AbortController();
    const source = scripted(FILE, { chunk: 1 });
    const checkpoint = await openCheckpoint(source, { signal: controller.signal });
    const names: string[] = [];
    await expectAbort(
      (async () => {
        for await (const { entry } of checkpoint.tensors()) {
          names.push(entry.name);
          controller.abort();
        }
      })(),
    );
    expect(names).toEqual(['a']);
  });
});
