import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type DepthProjection, type EncodeTargets } from '../../../src/index.js';
import { TextureUsage } from '../../../src/gpu/buffers.js';
import { testGpu } from '../../gpu.js';
import { readTexels } from '../../../truth/textures.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { sourceTexture } from './host_objects.js';
import { depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyDepthAnything3 } from './tiny_depth_anything_3.js';
import { tinyMidas } from './tiny_midas.js';

const DRAWN = TextureUsage.RENDER_ATTACHMENT | TextureUsage.COPY_SRC;

let real: GPUDevice;
let device: GPUDevice;
let counts: Counts;
let model: DepthModel;
let source: GPUTexture;
let depth: Float32Array;
const made: GPUTexture[] = [];

beforeAll(async () => {
  real = (await testGpu()).device;
  ({ device, counts } = countingDevice(real));
  model = await loadDepthModel(tinyMidas(), { device, cache: false });
  source = sourceTexture(real, 'a');
  depth = await depthOf(model, picture('a'));
});
afterEach(() => {
  for (const each of made.splice(0)) each.destroy();
});
afterAll(() => {
  model.dispose();
  source.destroy();
});

function target(format: GPUTextureFormat, usage: number = DRAWN): GPUTexture {
  const texture = real.createTexture({ label: 'target', size: [64, 48], format, usage });
  made.push(texture);
  return texture;
}

async function encoded(
  texture: GPUTexture,
  options: Partial<EncodeTargets> = {},
  by: DepthModel = model,
): Promise<Float64Array> {
  const encoder = device.createCommandEncoder();
  await by.encode(encoder, { source, target: texture, ...SMALL, ...options });
  device.queue.submit([encoder.finish()]);
  return readTexels(real, texture);
}

/** Largest difference of values from a formula of those of the map. */
function farthest(values: Float64Array, map: Float32Array, of: (value: number) => number): number {
  expect(values.length).toBe(map.length);
  return Math.max(...Array.from(map, (value, i) => Math.abs((values[i] as number) - of(value))));
}

/** z as cameras have it: a point in view space, through the usual matrix, divided by w. */
function zOf(distance: number, { near, far, reversed = false }: DepthProjection): number {
  const forward = far === Infinity ? 1 - near / distance : (far * (distance - near)) / (distance * (far - near));
  return Math.min(Math.max(reversed ? 1 - forward : forward, 0), 1);
}

describe('encode to r16float', () => {
  it('writes the values of the map, rounded', async () => {
    const values = await encoded(target('r16float'));
    const largest = Math.max(...depth.map(Math.abs));
    expect(farthest(values, depth, (value) => value)).toBeLessThanOrEqual(largest * 2 ** -10);
    expect(new Set(values).size).toBeGreaterThan(500);
  });
});

describe('encode to depth32float', () => {
  const ends = () => [Math.min(...depth), Math.max(...depth)] as const;

  it.each<[string, DepthProjection]>([
    ['with z running forward', { near: 0.5, far: 40 }],
    ['reversed', { near: 0.5, far: 40, reversed: true }],
    ['reversed, with no far plane', { near: 0.1, far: Infinity, reversed: true, nearest: 2, farthest: 12 }],
    ['with ends of the scene between the planes', { near: 0.1, far: 100, nearest: 1, farthest: 9 }],
    ['with ends of the scene past the planes', { near: 2, far: 5, reversed: true, nearest: 1, farthest: 9 }],
  ])('sees an inverse map %s', async (_, projection) => {
    const values = await encoded(target('depth32float'), { projection });
    const { near, far, nearest = near, farthest: last = far } = projection;
    const [low, high] = ends();
    const distance = (value: number) => {
      const nearness = (value - low) / (high - low);
      return 1 / (1 / last + nearness * (1 / nearest - 1 / last));
    };
    expect(farthest(values, depth, (value) => zOf(distance(value), projection))).toBeLessThan(2e-6);
    expect(new Set(values).size).toBeGreaterThan(500);
  });

  it('sees metres where they are', async () => {
    const metric = await loadDepthModel(tinyDepthAnything3(), {
      model: 'depth-anything-3-metric-large',
      acceptLicense: true,
      device,
      cache: false,
    });
    const options = { inputSize: 56, focalLength: 60 };
    const metres = await depthOf(metric, picture('a'), options);
    const middle = metres.toSorted()[metres.length / 2] as number;
    for (const reversed of [false, true]) {
      const projection = { near: middle / 3, far: middle * 3, reversed };
      const values = await encoded(target('depth32float'), { ...options, projection }, metric);
      expect(farthest(values, metres, (value) => zOf(value, projection))).toBeLessThan(2e-6);
      expect(new Set(values).size).toBeGreaterThan(100);
    }
    const ended = { near: 1, far: 9, nearest: 2 };
    expect(await rejection(encoded(target('depth32float'), { ...options, projection: ended }, metric))).toMatchObject({
      code: 'OPTION_PROJECTION',
    });
    metric.dispose();
  });

  it('keeps the cameras of two runs in one encoder apart', async () => {
    const targets = [target('depth32float'), target('depth32float')] as const;
    const encoder = device.createCommandEncoder();
    for (const [i, texture] of targets.entries())
      await model.encode(encoder, {
        source,
        target: texture,
        projection: { near: 1, far: 9, reversed: i === 1 },
        ...SMALL,
      });
    device.queue.submit([encoder.finish()]);
    const [forward, reversed] = await Promise.all(targets.map((texture) => readTexels(real, texture)));
    expect(Math.max(...forward!.map((z, i) => Math.abs(z + (reversed![i] as number) - 1)))).toBeLessThan(1e-6);
  });

  it.each<[string, unknown]>([
    ['no camera', undefined],
    ['a camera without a far plane said', { near: 1 }],
    ['planes the wrong way round', { near: 4, far: 2 }],
    ['a near plane at the camera', { near: 0, far: 2 }],
    ['ends the wrong way round', { near: 1, far: 9, nearest: 5, farthest: 4 }],
    ['a direction that is none', { near: 1, far: 9, reversed: 'yes' }],
  ])('refuses %s', async (_, projection) => {
    counts.clear();
    const refused = await rejection(encoded(target('depth32float'), { projection: projection as DepthProjection }));
    expect(refused).toMatchObject({ name: 'UsageError', code: 'OPTION_PROJECTION' });
    expect(counts.has('beginComputePass')).toBe(false);
  });
});

describe.each(['r16float', 'depth32float'] as const)('encode to %s', (format) => {
  it('makes nothing after the first call, or after prepare, and records two passes', async () => {
    const texture = target(format);
    const other = await loadDepthModel(tinyMidas(), { device, cache: false });
    await other.prepare({ width: 64, height: 48, target: texture, ...SMALL });
    const options = { projection: { near: 1, far: 9 } };
    await encoded(texture, options, other);
    for (let frame = 0; frame < 4; frame++) {
      const encoder = device.createCommandEncoder();
      counts.clear();
      // Another camera in each frame.
      const projection = { near: 1 + frame / 3, far: 9 - frame, reversed: frame % 2 === 1 };
      void other.encode(encoder, { source, target: texture, projection, ...SMALL });
      expect([...counts.keys()].filter((name) => /^(create|write|destroy|submit)/.test(name))).toEqual([]);
      expect([counts.get('beginComputePass'), counts.get('beginRenderPass')]).toEqual([1, 1]);
      device.queue.submit([encoder.finish()]);
    }
    other.dispose();
  });

  it('refuses a texture without RENDER_ATTACHMENT, and a compute pass', async () => {
    const projection = { near: 1, far: 9 };
    const plain = target(format, TextureUsage.COPY_SRC | TextureUsage.TEXTURE_BINDING);
    expect(await rejection(encoded(plain, { projection }))).toMatchObject({
      code: 'TARGET_USAGE',
      expected: TextureUsage.RENDER_ATTACHMENT,
    });
    const pass = device.createCommandEncoder().beginComputePass();
    const refused = model.encode(pass, { source, target: target(format), projection, ...SMALL });
    expect(await rejection(refused)).toMatchObject({ code: 'TARGET_FORMAT', actual: format });
  });
});
