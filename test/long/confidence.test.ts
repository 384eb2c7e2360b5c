import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confidencePicture } from '../../src/cli/side_pictures.js';
import { loadDepthModel, type DepthModel, type ModelName } from '../../src/index.js';
import { readDepthFile } from '../../src/node/depth_file.js';
import { readPicture } from '../../src/node/image_file.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { runTool, setUpTool } from '../e2e/tool.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';

/** MiDaS small with the official values in a part of its tensors, where there is such a file. */
const PARTLY_REAL = join(import.meta.dirname, '../../../shared/weights/midas_v21_small-composite-f16.safetensors');
const SIZE = ['--input-size', '56', '--precision', 'f32'];

let folder: string;
beforeAll(async () => {
  setUpTool();
  folder = await mkdtemp(join(tmpdir(), 'depthwise-'));
  const raw = { width: 56, height: 42, channels: 3 as const };
  await sharp(seededPicture('a', 42, 56), { raw }).toFile(join(folder, 'a.png'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A model of each kind of depth, and of each way to a confidence. */
const MODELS: readonly (readonly [string, ModelName, runs: number, weights: () => Promise<Uint8Array>])[] = [
  ['the package, inverse', 'nano', 5, () => readFile('models/nano.safetensors')],
  ['seeds, inverse', 'midas-v2.1-small', 5, async () => seededCheckpoint(checkpointTensors('midas-v2.1-small'))],
  ...(existsSync(PARTLY_REAL)
    ? [['partly real, inverse', 'midas-v2.1-small', 5, () => readFile(PARTLY_REAL)] as const]
    : []),
  [
    'seeds, in metres',
    'depth-anything-v2-metric-indoor-small',
    5,
    async () => seededCheckpoint(checkpointTensors('depth-anything-small')),
  ],
  [
    'seeds, relative, of the network itself',
    'depth-anything-3-small',
    1,
    async () => seededCheckpoint(checkpointTensors('depth-anything-3-small')),
  ],
];

describe.each(MODELS)('confidence of weights from %s: %s', (_from, name, runs, read) => {
  let model: DepthModel;
  let confidence: Float32Array;
  beforeAll(async () => {
    const weights = new Uint8Array(await read());
    await writeFile(join(folder, 'w.safetensors'), weights);
    const { device } = await testGpu();
    model = await loadDepthModel(name, { weights, device, cache: false, precision: 'f32', acceptLicense: true });
    using map = await estimate();
    confidence = (await map.confidence!.read()) as Float32Array;
  });
  afterAll(() => model.dispose());

  const estimate = async () =>
    model.estimate(await readPicture(join(folder, 'a.png')), { inputSize: 56, confidence: true });

  it('is from 0 to 1, not the same everywhere, and the same again', async () => {
    expect(confidence).toHaveLength(56 * 42);
    expect(confidence.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(new Set(confidence).size).toBeGreaterThan(50);
    using again = await estimate();
    expect(await again.confidence!.read()).toEqual(confidence);
    const plan = await model.plan({ width: 56, height: 42 }, { inputSize: 56, confidence: true });
    expect(plan.runs).toBe(runs);
  });

  it('is what --confidence draws and writes', async () => {
    const weights = name === 'nano' ? [] : ['--weights', 'w.safetensors', '--accept-license'];
    const run = await runTool(folder, ['a.png', '--model', name, ...weights, ...SIZE, '--confidence', '--npy']);
    expect(run.code, run.stderr).toBe(0);
    const drawn = await sharp(await readFile(join(folder, `a-${name}-confidence.png`)))
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    expect(new Uint8Array(drawn)).toEqual(confidencePicture(confidence, 56, 42).data);
    const written = await readDepthFile(join(folder, `a-${name}-confidence.npy`));
    expect(Float32Array.from(written.data)).toEqual(confidence);
  });
});
