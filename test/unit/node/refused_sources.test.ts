import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { loadDepthModel } from '../../../src/node/index.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { rejection } from '../model/pictures.js';
import { sends, WeightsServer } from '../weights/weights_server.js';

afterEach(() => vi.unstubAllEnvs());

const load = async (weights: string) =>
  loadDepthModel('midas-v2.1-small', { device: (await nullGpu()).device, cache: false, weights });

it.skipIf(process.platform === 'win32')(
  'a pipe that nobody writes to is refused at once',
  { timeout: 5000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depthwise-pipe-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const pipe = join(folder, 'w.safetensors');
    execFileSync('mkfifo', [pipe]);
    expect(await rejection(load(pipe))).toMatchObject({
      code: 'SOURCE_FILE',
      message: expect.stringContaining('this is a pipe') as string,
    });
  },
);

it('a proxy that is set is named where nobody answers, and where it asks for a password', async () => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])
    vi.stubEnv(name, '');
  expect((await rejection(load('http://127.0.0.1:1/w.safetensors'))).hint).toBeUndefined();
  vi.stubEnv('https_proxy', 'http://proxy.example:3128');
  const error = await rejection(load('http://127.0.0.1:1/w.safetensors'));
  expect(error).toMatchObject({
    code: 'NET_UNREACHABLE',
    hint: expect.stringContaining('https_proxy is set') as string,
  });
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  expect((await rejection(load('http://127.0.0.1:1/w'))).hint).toMatch(/may be the proxy that does not answer/);
  vi.stubEnv('NODE_USE_ENV_PROXY', '');
  const server = await WeightsServer.start();
  onTestFinished(() => server.stop());
  server.answer(sends('', {}, 407));
  expect((await rejection(load(`${server.origin}/w`))).hint).toContain('https_proxy');
  // As undici has it where the way to an https server is refused.
  const refused = new Error('Proxy response (407) !== 200 when HTTP Tunneling');
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed', { cause: refused })));
  onTestFinished(() => void vi.unstubAllGlobals());
  expect((await rejection(load('https://weights.example/w'))).hint).toMatch(
    /https_proxy.* asks for a name and a password/,
  );
  vi.stubEnv('https_proxy', '');
  vi.stubEnv('ALL_PROXY', 'socks5://proxy.example');
  vi.unstubAllGlobals();
  expect((await rejection(load('http://127.0.0.1:1/w'))).hint).toMatch(/ALL_PROXY is set, which .* does not follow/);
});
