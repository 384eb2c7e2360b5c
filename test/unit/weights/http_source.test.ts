import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NetworkError } from '../../../src/errors.js';
import { openCheckpoint } from '../../../src/weights/fetch/checkpoint.js';
import type { CheckpointOptions } from '../../../src/weights/fetch/checkpoint_options.js';
import { faultOfAsync, fileWith } from './safetensors_file.js';
import { breaksOff, resumes, sends, WeightsServer, type Answer } from './weights_server.js';

const FILE = fileWith({
  a: { dtype: 'F32', shape: [1000], bytes: 4000 },
  b: { dtype: 'F32', shape: [50], bytes: 200 },
});
const SHA256 = createHash('sha256').update(FILE).digest('hex');
/** A file of the same length and header whose values differ. */
const OTHER = FILE.map((byte, i) => (i < FILE.length - 4200 ? byte : byte ^ 1));
const CUT = FILE.length - 1500;

let server: WeightsServer;
beforeAll(async () => {
  server = await WeightsServer.start();
});
afterAll(() => server.stop());

/** All tensor bytes behind a URL of the server. */
async function download(options: CheckpointOptions = {}, path = '/net.safetensors?token=s3cret'): Promise<Uint8Array> {
  const checkpoint = await openCheckpoint(`${server.origin}${path}`, {
    ...options,
    http: { retryMs: 1, ...options.http },
  });
  const parts: number[] = [];
  for await (const { bytes } of checkpoint.tensors()) parts.push(...bytes);
  return Uint8Array.from(parts);
}

const data = (file: Uint8Array): Uint8Array => file.subarray(file.length - 4200);

async function expectFault(code: string, options: CheckpointOptions = {}) {
  const error = await faultOfAsync(() => download(options));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`${server.origin}/net.safetensors`);
  expect(error.message).not.toContain('s3cret');
  return error;
}

describe('N01: status codes', () => {
  test.each([
    [404, false, 'revision'],
    [403, false, 'licence'],
    [401, false, 'licence'],
    [410, false, '410'],
  ])('%i is final', async (status, retryable, says) => {
    server.answer(sends('no', {}, status));
    const error = await expectFault('NET_HTTP');
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ actual: status, expected: 200, retryable });
    expect(error.message).toContain(String(status));
    expect(error.message).toContain(says);
    expect(server.requests).toHaveLength(1);
  });

  test.each([429, 500, 503])('%i is asked again, at most twice', async (status) => {
    server.answer(sends('later', {}, status));
    expect(await expectFault('NET_HTTP')).toMatchObject({ actual: status, retryable: true });
    expect(server.requests).toHaveLength(3);
    server.answer(sends('later', {}, status), sends(FILE));
    expect(await download()).toEqual(data(FILE));
    expect(server.requests).toHaveLength(2);
  });

  test('Retry-After is waited for', async () => {
    server.answer(sends('later', { 'retry-after': '1' }, 429), sends(FILE));
    const started = performance.now();
    await download();
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test('waiting can be cancelled', async () => {
    server.answer(sends('later', { 'retry-after': '9' }, 503));
    const controller = new AbortController();
    const work = download({ signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('N02: nobody there, with CORS as a possible cause', async () => {
  const error = await faultOfAsync(() => openCheckpoint('http://127.0.0.1:1/net.safetensors'));
  expect(error).toBeInstanceOf(NetworkError);
  expect(error).toMatchObject({
    code: 'NET_UNREACHABLE',
    retryable: true,
    source: 'http://127.0.0.1:1/net.safetensors',
  });
  expect(error.message).toContain('CORS');
});

describe('N03: redirects', () => {
  const to =
    (location: string): Answer =>
    (_, response) =>
      response.writeHead(302, { location }).end();

  test('are followed', async () => {
    server.answer(to('/elsewhere'), sends(FILE));
    expect(await download()).toEqual(data(FILE));
    expect(server.requests[1]!.url).toBe('/elsewhere');
  });

  test('a loop ends', async () => {
    server.answer(to('/net.safetensors'));
    await expectFault('NET_REDIRECT');
  });

  test('from https to http is refused', async () => {
    const response = Object.defineProperty(new Response(FILE), 'url', {
      value: 'http://cdn.example/net.safetensors?signature=s3cret',
    });
    const error = await faultOfAsync(() =>
      openCheckpoint('https://host.example/net.safetensors', { http: { fetch: async () => response } }),
    );
    expect(error).toMatchObject({ code: 'NET_REDIRECT', actual: 'http://cdn.example/net.safetensors' });
  });

  test('no credentials are sent, and no browser cache is asked', async () => {
    const call = vi.fn(async () => new Response(FILE));
    await openCheckpoint('https://user:pass@host.example/net.safetensors', {
      http: { fetch: call as unknown as typeof fetch },
    });
    expect(call).toHaveBeenCalledWith(
      expect.anything(),
      expect.objectContaining({ credentials: 'omit', cache: 'no-store' }),
    );
  });
});

describe('what was received', () => {
  test('N04: a page in place of weights', async () => {
    server.answer(sends('<!doctype html><title>App</title>', { 'content-type': 'text/html' }));
    expect((await expectFault('NET_NOT_WEIGHTS')).message).toContain('received text/html');
  });

  test('N05: a Git LFS pointer', async () => {
    server.answer(sends('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 99\n'));
    await expectFault('NET_LFS_POINTER');
  });

  test('N06: the content type does not matter, the bytes do', async () => {
    for (const headers of [{ 'content-type': 'text/html' }, { 'content-type': 'application/json' }, {}]) {
      server.answer(sends(FILE, headers));
      expect(await download()).toEqual(data(FILE));
    }
  });

  test('N08: compressed in transit, so that Content-Length is another number', async () => {
    server.answer(sends(gzipSync(FILE), { 'content-encoding': 'gzip' }));
    expect(await download({ expected: { bytes: FILE.length, sha256: SHA256 } })).toEqual(data(FILE));
  });

  test('no body at all', async () => {
    server.answer(sends(''));
    await expectFault('ST_TOO_SHORT');
  });

  test('N22: an opaque response', async () => {
    const opaque = Object.defineProperty(new Response(), 'type', { value: 'opaque' });
    expect(
      (await faultOfAsync(() => openCheckpoint('https://host.example/a', { http: { fetch: async () => opaque } })))
        .code,
    ).toBe('NET_OPAQUE');
  });
});

describe('N07, N11: a body that breaks off', () => {
  test('goes on where it stopped, once, when the server vouches for the same file', async () => {
    server.answer(breaksOff(FILE, CUT, { etag: '"v1"' }), resumes(FILE, { etag: '"v1"' }));
    expect(await download()).toEqual(data(FILE));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, `bytes=${CUT}-`]);
  });

  test('or when the whole file is held to a digest', async () => {
    server.answer(breaksOff(FILE, CUT), resumes(FILE));
    expect(await download({ expected: { sha256: SHA256 } })).toEqual(data(FILE));
    server.answer(breaksOff(FILE, CUT), resumes(OTHER));
    await expectFault('INTEGRITY_SHA256', { expected: { sha256: SHA256 } });
  });

  test('is not spliced with another version', async () => {
    for (const [first, second] of [
      ['"v1"', '"v2"'],
      ['W/"v1"', 'W/"v1"'],
      [undefined, undefined],
      ['"v1"', undefined],
    ]) {
      server.answer(breaksOff(FILE, CUT, first ? { etag: first } : {}), resumes(OTHER, second ? { etag: second } : {}));
      const error = await expectFault('ST_TRUNCATED');
      expect(error).toMatchObject({ expected: FILE.length, actual: CUT, retryable: true });
      expect(server.requests).toHaveLength(2);
    }
  });

  test('starts over, silently, when the server ignores the range', async () => {
    server.answer(breaksOff(FILE, CUT, { etag: '"v1"' }), sends(FILE, { etag: '"v1"' }));
    expect(await download()).toEqual(data(FILE));
    server.answer(breaksOff(FILE, CUT, { etag: '"v1"' }), sends(OTHER, { etag: '"v2"' }));
    await expectFault('ST_TRUNCATED');
  });

  test('starts over when the server sends another range', async () => {
    const wrong: Answer = (_, response) =>
      response
        .writeHead(206, { 'content-range': `bytes 0-99/${FILE.length}`, etag: '"v1"' })
        .end(FILE.subarray(0, 100));
    server.answer(breaksOff(FILE, CUT, { etag: '"v1"' }), wrong, sends(FILE, { etag: '"v1"' }));
    expect(await download()).toEqual(data(FILE));
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]!.headers.range).toBeUndefined();
  });

  test('is not resumed twice', async () => {
    const again: Answer = (request, response) => {
      response.writeHead(206, {
        'content-length': 1500,
        'content-range': `bytes ${CUT}-${FILE.length - 1}/${FILE.length}`,
        etag: '"v1"',
      });
      response.write(FILE.subarray(CUT, CUT + 1400), () => setTimeout(() => response.destroy(), 10));
      expect(request.headers.range).toBe(`bytes=${CUT}-`);
    };
    server.answer(breaksOff(FILE, CUT, { etag: '"v1"' }), again);
    expect(await expectFault('ST_TRUNCATED')).toMatchObject({ actual: CUT + 1400, expected: FILE.length, tensor: 'a' });
    expect(server.requests).toHaveLength(2);
  });

  test('a clean but early end is a truncated file', async () => {
    server.answer(sends(FILE.subarray(0, CUT)));
    expect(await expectFault('ST_TRUNCATED')).toMatchObject({ actual: CUT, expected: FILE.length });
  });
});

describe('N09: a body longer than the file', () => {
  test('ends at the length of the registry', async () => {
    let sent = 0;
    server.answer((_, response) => {
      response.write(FILE);
      const more = setInterval(() => response.write(new Uint8Array(1000), () => sent++), 1);
      response.on('close', () => clearInterval(more));
    });
    await expectFault('INTEGRITY_LENGTH', { expected: { bytes: FILE.length } });
    await expectFault('ST_TRAILING');
    expect(sent).toBeLessThan(1000);
  });
});

describe('N10: a server that stops sending', () => {
  test('in the body, in the headers', async () => {
    server.answer((_, response) => void response.write(FILE.subarray(0, CUT)));
    const body = await expectFault('NET_STALL', { http: { stallMs: 100 } });
    expect(body).toMatchObject({ limit: 'stallMs', expected: 100, actual: CUT, retryable: true });
    server.answer(() => undefined);
    await expectFault('NET_STALL', { http: { stallMs: 100 } });
  });
});

test('N12: one flipped bit', async () => {
  const bytes = FILE.slice();
  bytes[FILE.length - 7]! ^= 4;
  server.answer(sends(bytes));
  expect(await expectFault('INTEGRITY_SHA256', { expected: { sha256: SHA256 } })).toMatchObject({ expected: SHA256 });
});

test('N14: cancelled before the headers and within the body', async () => {
  const hangs: Answer[] = [
    () => undefined,
    (_, response) => void response.write(FILE.subarray(0, 20)),
    (_, response) => void response.write(FILE.subarray(0, CUT)),
  ];
  for (const answer of hangs) {
    let closed: Promise<unknown> | undefined;
    server.answer((request, response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      answer(request, response);
    });
    const controller = new AbortController();
    const work = download({ signal: controller.signal });
    setTimeout(() => controller.abort(), 60);
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    await closed;
  }
});
