import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { confidencePicture } from '../../src/cli/side_pictures.js';
import { loadDepthModel } from '../../src/index.js';
import { readPicture } from '../../src/node/image_file.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { runTool, setUpTool } from '../e2e/tool.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';

const MODEL = 'depth-anything-3-small';
let folder: string;
let weights: Uint8Array;

beforeAll(async () => {
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  weights = seededCheckpoint(checkpointTensors(MODEL));
  await writeFile(join(folder, 'w.safetensors'), weights);
});
afterAll(() => rm(folder, { recursive: true }));

it('--confidence draws the confidence that the library gives', async () => {
  const raw = { width: 56, height: 42, channels: 3 as const };
  await sharp(seededPicture('a', 42, 56), { raw }).toFile(join(folder, 'a.png'));
  const args = ['--weights', 'w.safetensors', '--input-size', '56', '--precision', 'f32', '--confidence'];
  const run = await runTool(folder, ['a.png', ...args]);
  expect(run.code, run.stderr).toBe(0);
  const drawn = await sharp(await readFile(join(folder, `a-${MODEL}-confidence.png`)))
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  using model = await loadDepthModel(weights, { device: (await testGpu()).device, cache: false, precision: 'f32' });
  using map = await model.estimate(await readPicture(join(folder, 'a.png')), { inputSize: 56 });
  const { data } = confidencePicture((await map.confidence!.read()) as Float32Array, 56, 42);
  expect(new Set(drawn).size).toBeGreaterThan(50);
  expect(new Uint8Array(drawn)).toEqual(data);
});
