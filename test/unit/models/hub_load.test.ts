import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthModel, type LoadOptions } from '../../../src/index.js';
import type { ByteSource } from '../../../src/weights/fetch/byte_source.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { headerOnly } from '../model/header_only.js';
import { rejection } from '../model/pictures.js';
import { readFixture } from '../weights/checkpoint_headers.js';
import { sends, WeightsServer } from '../weights/weights_server.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const NANO = readFileSync(new URL('../../../models/nano.safetensors', import.meta.url));
const configs = readFixture<Record<string, unknown>>('hub_configs');

let hub: WeightsServer;
beforeEach(async () => void (hub = await WeightsServer.start()));
afterEach(() => hub.stop());

/** Loads a repository that has these files, and no name; resolves to the model and the files that were asked for. */
async function load(
  weights: Uint8Array,
  config?: unknown,
  more: LoadOptions = {},
  url = `hf:org/repo@${COMMIT}`,
): Promise<{ model: DepthModel; asked: string[] }> {
  hub.answer((request, response) => {
    const file = request.url!.split('/').at(-1);
    if (file === 'model.safetensors') return sends(weights)(request, response);
    return (config === undefined ? sends('', {}, 404) : sends(JSON.stringify(config)))(request, response);
  });
  const { device } = await nullGpu();
  const options = { device, cache: false, tuning: 'off', precision: 'f32', hubUrl: hub.origin, ...more } as const;
  const model = await loadDepthModel(url, options);
  return { model, asked: hub.requests.map(({ url }) => url!.split('/').at(-1)!) };
}

/** The header of a checkpoint, and no data. */
async function bytesOf(source: ByteSource): Promise<Uint8Array> {
  return new Uint8Array(await new Response(await source.open()).arrayBuffer());
}

describe('a repository of the hub that nobody named', () => {
  it('is loaded by its tensors alone where they leave nothing open, whatever its config says', async () => {
    for (const config of [undefined, { model_type: 'bert' }]) {
      const { model, asked } = await load(NANO, config);
      expect(model.info.name).toBe('nano');
      expect(asked).toEqual(['model.safetensors']);
      model.dispose();
    }
  });

  it('is what its config says where its tensors leave it open', async () => {
    const base = await bytesOf(headerOnly('depth-anything-base', 'end'));
    const v2 = await rejection(load(base, configs['da2-b.hf']));
    expect(v2).toMatchObject({ code: 'LICENSE_NOT_ACCEPTED', message: expect.stringContaining('V2 base') });
    const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
    const metric = await rejection(load(small, configs['da2m-s.hf']));
    expect(metric).toMatchObject({ message: expect.stringContaining('Depth Anything V2 metric indoor small') });
    // Free for every use: what is wrong is that the data never comes.
    expect(await rejection(load(small, configs['da2-s.hf']))).toMatchObject({ code: 'ST_TRUNCATED' });
  });

  it('is refused where its config is of another model, or says nothing', async () => {
    const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
    expect(await rejection(load(small, { model_type: 'bert' }))).toMatchObject({
      code: 'MODEL_CONFIG',
      message: expect.stringContaining('"bert"'),
      source: expect.stringContaining('config.json'),
    });
    expect(await rejection(load(small))).toMatchObject({ code: 'MODEL_AMBIGUOUS' });
  });
});

describe('a repository of the hub under a name', () => {
  it.each([
    ['V2 as V1', 'depth-anything-v1-small', 'da2-s.hf', /depth-anything-v2-small, not depth-anything-v1-small/],
    ['metric as relative', 'depth-anything-v2-small', 'da2m-s.hf', /metric-indoor-small, not depth-anything-v2-small/],
  ] as const)('is refused where its config is of another: %s', async (_, model, config, says) => {
    const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
    const named = { model, acceptLicense: true };
    for (const url of [undefined, `${hub.origin}/org/repo/resolve/${COMMIT}/model.safetensors`]) {
      const error = await rejection(load(small, configs[config], named, url));
      expect(error).toMatchObject({ name: 'ModelMismatchError', code: 'MODEL_CONFIG' });
      expect(error.message).toMatch(says);
    }
  });

  it('is loaded where its config says the same, or where there is none', async () => {
    const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
    const named = { model: 'depth-anything-v2-small' } as const;
    for (const config of [configs['da2-s.hf'], undefined])
      expect(await rejection(load(small, config, named))).toMatchObject({ code: 'ST_TRUNCATED' });
  });
});

describe('a config.json', () => {
  const options = (warned: string[]): LoadOptions => ({
    model: 'depth-anything-v2-small',
    onWarning: ({ code }) => void warned.push(code),
  });

  it('without end is stopped, and the load goes on with a warning', async () => {
    const warned: string[] = [];
    const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
    expect(await rejection(load(small, { pad: 'x'.repeat(2 ** 21) }, options(warned)))).toMatchObject({
      code: 'ST_TRUNCATED',
    });
    expect(warned).toEqual(['NET_TOO_LARGE']);
  });

  it.each(['before its headers', 'in its body'])(
    'that stalls %s is given up after 20 s, and the load goes on',
    async (where) => {
      const later = globalThis.setTimeout;
      const limits: number[] = [];
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms = 0, ...rest: unknown[]) => {
        if (ms === 20_000) limits.push(ms);
        return later(work, ms === 20_000 ? 50 : ms, ...(rest as []));
      }) as typeof setTimeout);
      try {
        const warned: string[] = [];
        const small = await bytesOf(headerOnly('depth-anything-small', 'end'));
        hub.answer((request, response) => {
          if (!request.url!.endsWith('config.json')) return sends(small)(request, response);
          if (where === 'in its body') response.writeHead(200, { 'content-length': 1000 }).write('{');
        });
        const { device } = await nullGpu();
        const load = { device, cache: false, tuning: 'off', precision: 'f32', hubUrl: hub.origin } as const;
        const error = await rejection(loadDepthModel(`hf:org/repo@${COMMIT}`, { ...load, ...options(warned) }));
        expect(error).toMatchObject({ code: 'ST_TRUNCATED' });
        expect(warned).toEqual(['NET_STALL']);
        expect(limits.length).toBeGreaterThan(0);
      } finally {
        vi.restoreAllMocks();
      }
    },
  );
});
