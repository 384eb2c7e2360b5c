import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareMaps } from '../../truth/compare_maps.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { DepthModel } from '../../src/index.js';
import { nodeGpu } from '../../src/node/gpu.js';
import { loadDepthModel } from '../../src/node/load.js';
import { leastTestGpu, testGpu } from '../gpu.js';
import { leastGpu } from '../least_gpu.js';
import { expectFixture } from './expect_fixture.js';
import { fixtures } from './fixtures.js';

/** What is run here besides nano; DEPTHWISE_PROFILE=least runs the whole model suite on such a device. */
const FIXTURE = 'depth-anything-v2-small-126x126';
const PICTURE = { width: 64, height: 48, channels: 3, data: seededPicture('least', 48, 64) } as const;
const SMALL = { inputSize: 64 } as const;

let gpu: Gpu;
let model: DepthModel;
beforeAll(async () => {
  gpu = await leastTestGpu();
  model = await loadDepthModel('nano', { gpu: leastGpu(await nodeGpu()) });
});
afterAll(() => {
  model?.dispose();
  gpu?.dispose();
});

describe('a device with the least limits and no optional feature', () => {
  it('is held to them', async () => {
    const { features, limits } = gpu.device;
    expect([...features]).toEqual([]);
    expect(limits).toMatchObject({
      maxComputeInvocationsPerWorkgroup: 128,
      maxComputeWorkgroupSizeX: 128,
      maxComputeWorkgroupStorageSize: 16_384,
      maxStorageBuffersPerShaderStage: 8,
      maxTextureDimension2D: 4096,
    });
    const wide = '@compute @workgroup_size(129) fn main() {}';
    await expect(gpu.pipelines.get(wide, 'wide')).rejects.toMatchObject({ code: 'SHADER_COMPILE' });
  });

  it('runs a transformer as the published code does', () => expectFixture(gpu, FIXTURE, fixtures()[FIXTURE]!, 'f32'));

  it('estimates, draws and gives textures as any other', async () => {
    const other = await loadDepthModel('nano', { device: (await testGpu()).device, precision: 'f32' });
    const [map, expected] = [await model.estimate(PICTURE, SMALL), await other.estimate(PICTURE, SMALL)];
    const error = compareMaps(await map.read(), await expected.read());
    expect(error.max).toBeLessThanOrEqual(1e-4);
    expect(error.mean).toBeLessThanOrEqual(1e-5);
    const [colors, same] = [await map.colors(), await expected.colors()];
    expect(Math.max(...colors.map((byte, i) => Math.abs(byte - same[i]!)))).toBeLessThanOrEqual(1);
    for (const format of ['rgba16float', 'r32float'] as const) expect((await map.texture(format)).format).toBe(format);
    map.dispose();
    expected.dispose();
    other.dispose();
  });

  it('says what it lacks: f16, timestamps, a texture for a picture of 4,097 pixels', async () => {
    expect(model.info.precision).toBe('f32');
    await expect(loadDepthModel('nano', { gpu: leastGpu(await nodeGpu()), precision: 'f16' })).rejects.toMatchObject({
      code: 'GPU_NO_F16',
    });
    await expect(model.profile(PICTURE)).rejects.toMatchObject({ code: 'GPU_NO_TIMESTAMPS' });
    const wide = { width: 4097, height: 1, data: new Uint8Array(4 * 4097) };
    await expect(model.estimate(wide)).rejects.toMatchObject({
      code: 'LIMIT_TEXTURE',
      limit: 'maxTextureDimension2D',
      expected: 4096,
      actual: 4097,
    });
  });
});
