import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DepthwiseError } from '../../src/errors.js';
import { loadDepthModel } from '../../src/node/index.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { breaksOff, resumes, sends, WeightsServer, type Answer } from '../unit/weights/weights_server.js';

const BODY = tinyMidas();
const HALF = BODY.length >> 1;
const TAG = { etag: '"1"' };

let server: WeightsServer;
beforeEach(async () => void (server = await WeightsServer.start()));
afterEach(() => server.stop());

/** Writes a status line, headers and a body past Node's own checks of an answer. */
const raw =
  (...parts: readonly (string | Uint8Array)[]): Answer =>
  (_, { socket }) => {
    for (const part of parts) socket!.write(part);
    socket!.end();
  };
const head = (...lines: readonly string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const partial =
  (body: Uint8Array, range: string | undefined, headers: Record<string, string> = TAG, status = 206): Answer =>
  (_, response) =>
    void response.writeHead(status, { ...(range && { 'content-range': range }), ...headers }).end(body);
const redirect =
  (to: string, status = 302): Answer =>
  (_, response) =>
    void response.writeHead(status, { location: to }).end();
const rest = BODY.subarray(HALF);
const broken = breaksOff(BODY, HALF, TAG);
const flipped = BODY.map((byte, i) => (i === 3 ? byte ^ 0xff : byte));

/** What a server does, request after request, and how the load ends: loaded, or the code of an error. */
const LIES: readonly (readonly [string, readonly Answer[], string])[] = [
  ['a length that is too long', [raw(head(`content-length: ${BODY.length + 9}`), BODY)], 'ST_TRUNCATED'],
  ['a length that is too short', [raw(head(`content-length: ${BODY.length - 9}`), BODY)], 'ST_TRUNCATED'],
  ['a length that is no number', [raw(head('content-length: many'), BODY)], 'NET_UNREACHABLE'],
  ['two lengths', [raw(head('content-length: 5', 'content-length: 7'), BODY)], 'NET_UNREACHABLE'],
  ['no length', [raw(head('connection: close'), BODY)], 'loaded'],
  ['a body cut short', [sends(BODY.subarray(0, HALF))], 'ST_TRUNCATED'],
  ['a body cut within the header', [sends(BODY.subarray(0, 100))], 'ST_TRUNCATED'],
  ['a body of seven bytes', [sends(BODY.subarray(0, 7))], 'ST_TOO_SHORT'],
  ['an empty body', [sends('')], 'ST_TOO_SHORT'],
  ['bytes after the end', [sends(Buffer.concat([BODY, BODY.subarray(0, 9)]))], 'ST_TRAILING'],
  ['a body twice', [sends(Buffer.concat([BODY, BODY]))], 'ST_TRAILING'],
  ['a damaged length of the header', [sends(flipped)], 'ST_HEADER_TOO_LARGE'],
  ['a page with status 200', [sends('<!doctype html><p>Sign in</p>')], 'NET_NOT_WEIGHTS'],
  ['JSON with status 200', [sends('{"error":"no such file"}')], 'NET_NOT_WEIGHTS'],
  ['a Git LFS pointer', [sends('version https://git-lfs.github.com/spec/v1\noid sha256:0')], 'NET_LFS_POINTER'],
  ['another content type', [sends(BODY, { 'content-type': 'text/html' })], 'loaded'],
  ['gzip that it names', [sends(gzipSync(BODY), { 'content-encoding': 'gzip' })], 'loaded'],
  ['gzip that it does not name', [sends(gzipSync(BODY))], 'ST_TRUNCATED'],
  ['no gzip where it names one', [sends(BODY, { 'content-encoding': 'gzip' })], 'ST_TRUNCATED'],
  ['chunks', [(_, response) => void response.writeHead(200).end(BODY)], 'loaded'],
  ['chunks of no known size', [raw(head('transfer-encoding: chunked'), 'zz\r\n', BODY)], 'ST_TRUNCATED'],
  ['chunks without an end', [raw(head('transfer-encoding: chunked'), '5\r\n', BODY.subarray(0, 5))], 'ST_TRUNCATED'],
  ['status 206 to no range', [partial(BODY, `bytes 0-${BODY.length - 1}/${BODY.length}`)], 'NET_HTTP'],
  ['status 204', [(_, response) => void response.writeHead(204).end()], 'NET_HTTP'],
  ['status 304 to no condition', [(_, response) => void response.writeHead(304).end()], 'NET_HTTP'],
  ['status 404 with the body', [sends(BODY, {}, 404)], 'NET_HTTP'],
  ['status 503 for good', [sends('', { 'retry-after': '0' }, 503)], 'NET_HTTP'],
  ['status 503 once', [sends('', { 'retry-after': '0' }, 503), sends(BODY)], 'loaded'],
  ['redirects in a loop', [redirect('/w.safetensors')], 'NET_REDIRECT'],
  ['a redirect to nowhere', [redirect('http://127.0.0.1:1/')], 'NET_UNREACHABLE'],
  ['a redirect once', [redirect('/other'), sends(BODY)], 'loaded'],
  ['no answer but a closed line', [(request) => void request.socket.destroy()], 'NET_UNREACHABLE'],
  ['an answer that is no HTTP', [raw('SSH-2.0-OpenSSH_9.9\r\n')], 'NET_UNREACHABLE'],
  ['a break, then the rest', [broken, resumes(BODY, TAG)], 'loaded'],
  ['a break, then the rest of another version', [broken, resumes(BODY, { etag: '"2"' })], 'ST_TRUNCATED'],
  ['a break, then a range that was not asked for', [broken, partial(rest, 'bytes 0-9/10'), sends(BODY, TAG)], 'loaded'],
  ['a break, then 206 without a range', [broken, partial(rest, undefined), sends(BODY, TAG)], 'loaded'],
  ['a break, then the whole file', [broken, sends(BODY, TAG)], 'loaded'],
  ['a break, then a shorter whole file', [broken, sends(BODY.subarray(0, 100), TAG)], 'ST_TRUNCATED'],
  ['a break, and no tag', [breaksOff(BODY, HALF), resumes(BODY)], 'ST_TRUNCATED'],
  ['two breaks', [broken, breaksOff(BODY, HALF + 1000, TAG)], 'ST_TRUNCATED'],
  ['a break, then a page', [broken, sends('<html></html>', TAG)], 'ST_TRUNCATED'],
];

it('there are more than 37 of them', () => {
  expect(LIES.length).toBeGreaterThan(37);
  console.log(`${LIES.length} kinds of lying server`);
});

it.each(LIES)(
  'a server with %s ends in a right load or a typed error',
  { timeout: 10_000 },
  async (_, answers, end) => {
    server.answer(...answers);
    const { device } = await nullGpu();
    const options = { device, cache: false, precision: 'f32', tuning: 'off' } as const;
    const outcome = await loadDepthModel('midas-v2.1-small', {
      ...options,
      weights: `${server.origin}/w.safetensors`,
    }).then(
      (model) => (model.dispose(), 'loaded'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(DepthwiseError);
        return (error as DepthwiseError).code;
      },
    );
    expect(outcome).toBe(end);
  },
);
