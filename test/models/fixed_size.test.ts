import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel } from '../../src/index.js';
import { compareStage } from '../../truth/compare_stage.js';
import type { FixtureRecord } from '../../truth/recordings.js';
import { seededCheckpoint, seededInput } from '../../truth/seeded_weights.js';
import { testGpu } from '../gpu.js';
import { picture } from '../unit/model/pictures.js';
import { checkpointTensors, fixtures, recordedStages } from './fixtures.js';

const NAME = 'dpt-swin2-tiny-256-256x256';
const SIDE = 256;

let model: DepthModel;
beforeAll(async () => {
  const weights = seededCheckpoint(checkpointTensors('dpt-swin2-tiny-256')) as Uint8Array<ArrayBuffer>;
  model = await loadDepthModel(weights, { device: (await testGpu()).device, precision: 'f32' });
});
afterAll(() => model.dispose());

describe('a network of one size, loaded from a file of its tensors', () => {
  it('is told from its tensors', () => expect(model.info).toMatchObject({ name: 'dpt-swin2-tiny-256' }));

  it('gives the map of the published code', async () => {
    const depth = await model.run(seededInput(NAME, SIDE, SIDE), [1, 3, SIDE, SIDE]);
    const record = (fixtures()[NAME] as FixtureRecord).stages['output']!;
    const error = compareStage('output', record, recordedStages(NAME).get('output')!, depth, [SIDE, SIDE]);
    expect(error.max).toBeLessThanOrEqual(2e-5);
    expect(error.mean).toBeLessThanOrEqual(2e-6);
  });

  it('stretches pictures of any shape to it, and their maps back', async () => {
    expect(model.plan({ width: 640, height: 200 }).network).toEqual({ width: SIDE, height: SIDE });
    const depth = await model.estimate(picture('wide', 96, 40));
    expect([depth.width, depth.height]).toEqual([96, 40]);
    depth.dispose();
  });

  it('refuses other sizes with both numbers', async () => {
    const size = { width: 640, height: 480 };
    expect(model.plan(size, { inputSize: SIDE, square: true }).network).toEqual({ width: SIDE, height: SIDE });
    expect(() => model.plan(size, { inputSize: 512 })).toThrow(
      expect.objectContaining({ code: 'OPTION_INPUT_SIZE', expected: SIDE, actual: 512 }),
    );
    expect(() => model.plan(size, { inputSize: 512 })).toThrow(/512.*256x256/);
    await expect(model.estimate(picture('wide', 96, 40), { inputSize: 128 })).rejects.toMatchObject({
      code: 'OPTION_INPUT_SIZE',
    });
    const wide = model.run(new Float32Array(3 * SIDE * 288), [1, 3, SIDE, 288]);
    await expect(wide).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await expect(wide).rejects.toThrow(/256,288,4.*256,256,4/);
  });
});
