import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
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
async function load(options: NodeLoadOptions = {}): Promise<Error> {
  const { device } = await nullGpu();
  const weights = { ...(await fileSource(join(folder, 'model.safetensors'))), size: undefined };
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
