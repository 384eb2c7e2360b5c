import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fileSource } from '../../../src/node/file_source.js';
import { loadDepthModel, type NodeLoadOptions } from '../../../src/node/load.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { headerOnly } from '../model/header_only.js';
import { rejection } from '../model/pictures.js';
import { readFixture } from '../weights/checkpoint_headers.js';

const configs = readFixture<Record<string, unknown>>('hub_configs');
const folder = mkdtempSync(join(tmpdir(), 'depthwise-config-'));
const config = join(folder, 'config.json');

beforeAll(async () => {
  const source = await headerOnly('depth-anything-small', 'end').open();
  writeFileSync(join(folder, 'model.safetensors'), new Uint8Array(await new Response(source).arrayBuffer()));
});
beforeEach(() => rmSync(config, { force: true, recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a path. The file has its header and no data, and ends there, as only a source of unknown size can. */
async function load(options: NodeLoadOptions = {}, name = 'model.safetensors'): Promise<Error> {
  const { device } = await nullGpu();
  const whole = await fileSource(join(folder, 'model.safetensors'));
  const weights = { ...whole, name: join(folder, name), size: undefined };
  return rejection(loadDepthModel(weights, { device, cache: false, tuning: 'off', ...options }));
}

it('a config.json beside a file says which model it is where its tensors leave it open', async () => {
  expect(await load()).toMatchObject({ code: 'MODEL_AMBIGUOUS' });
  writeFileSync(config, JSON.stringify(configs['da2m-s.hf']));
  expect(await load()).toMatchObject({ message: expect.stringContaining('V2 metric indoor small') });
  writeFileSync(config, JSON.stringify(configs['da2-s.hf']));
  // Free for every use: what is wrong is that the data never comes.
  expect(await load()).toMatchObject({ code: 'ST_TRUNCATED' });
});

it('a config.json beside a file is held to the name that was given', async () => {
  writeFileSync(config, JSON.stringify(configs['da2-s.hf']));
  const error = await load({ model: 'depth-anything-v1-small', acceptLicense: true });
  expect(error).toMatchObject({ code: 'MODEL_CONFIG' });
  expect(error.message).toMatch(/depth-anything-v2-small, not depth-anything-v1-small/);
  expect(await load({ model: 'depth-anything-v2-small' })).toMatchObject({ code: 'ST_TRUNCATED' });
});

it.each([
  ['of another model', JSON.stringify({ model_type: 'bert' })],
  ['that is not JSON', '<html>'],
  ['that is too long', JSON.stringify({ ...(configs['da2-s.hf'] as object), pad: 'x'.repeat(2 ** 20) })],
])('a config.json %s beside a file is passed over', async (_, text) => {
  writeFileSync(config, text);
  expect(await load()).toMatchObject({ code: 'MODEL_AMBIGUOUS' });
  expect(await load({ model: 'depth-anything-v2-small' })).toMatchObject({ code: 'ST_TRUNCATED' });
});

describe('a file under the name that its authors gave it', () => {
  it.each([
    ['depth_anything_v2_vits.pth', { code: 'ST_TRUNCATED' }],
    ['depth_anything_vits14.pth', { code: 'ST_TRUNCATED' }],
    ['depth-anything-v1-small.safetensors', { code: 'ST_TRUNCATED' }],
    ['depth_anything_v2_metric_vkitti_vits.pth', { message: expect.stringContaining('V2 metric outdoor small') }],
    ['model-f46da743.pt', { code: 'MODEL_AMBIGUOUS' }],
    ['vits', { code: 'ST_TRUNCATED' }],
  ])('is the model of that name where the tensors leave it open: %s', async (name, error) => {
    expect(await load({}, name)).toMatchObject(error);
  });

  it('is what the caller names, and what its config.json says', async () => {
    const named = { model: 'depth-anything-v2-metric-indoor-small' } as const;
    expect((await load(named, 'depth_anything_v2_vits.pth')).message).toContain('V2 metric indoor small');
    writeFileSync(config, JSON.stringify(configs['da2m-s.hf']));
    expect((await load({}, 'depth_anything_v2_vits.pth')).message).toContain('V2 metric indoor small');
  });
});
