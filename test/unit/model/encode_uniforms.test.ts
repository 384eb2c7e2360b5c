import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type DepthRange, type EncodeTargets } from '../../../src/index.js';
import { BufferUsage, readBuffer, TextureUsage } from '../../../src/gpu/buffers.js';
import { testGpu } from '../../gpu.js';
import { readTexels } from '../../../truth/textures.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { sourceTexture } from './host_objects.js';
import { depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

const USAGE = BufferUsage.COPY_DST | BufferUsage.COPY_SRC | BufferUsage.STORAGE;

let real: GPUDevice;
let device: GPUDevice;
let counts: Counts;
let model: DepthModel;
let source: GPUTexture;
let depth: Float32Array;
let truth: DepthRange;
let target: GPUTexture;
let uniforms: GPUBuffer;

beforeAll(async () => {
  real = (await testGpu()).device;
  ({ device, counts } = countingDevice(real));
  model = await loadDepthModel(tinyMidas(), { device, cache: false });
  source = sourceTexture(real, 'a');
  depth = await depthOf(model, picture('a'));
  const map = await model.estimate(picture('a'), SMALL);
  truth = await map.range();
  map.dispose();
});
beforeEach(() => {
  const usage = TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC;
  target = real.createTexture({ size: [64, 48], format: 'rgba32float', usage });
  uniforms = real.createBuffer({ label: 'uniforms', size: 32, usage: USAGE });
});
afterEach(() => {
  target.destroy();
  uniforms.destroy();
});
afterAll(() => {
  model.dispose();
  source.destroy();
});

async function encoded(options: Partial<EncodeTargets>, inPass = false): Promise<void> {
  const encoder = device.createCommandEncoder();
  const pass = inPass ? encoder.beginComputePass() : undefined;
  await model.encode(pass ?? encoder, { source, target, ...SMALL, ...options });
  pass?.end();
  device.queue.submit([encoder.finish()]);
}

const facts = async () => Array.from(new Float32Array(await readBuffer(real, uniforms, 32)));

/** Nearness and value of each pixel that was written. */
async function texels(): Promise<[number, number][]> {
  const all = await readTexels(real, target);
  return Array.from({ length: 64 * 48 }, (_, i) => [all[4 * i] as number, all[4 * i + 1] as number]);
}

describe('the uniforms of encode', () => {
  it.each([
    ['an encoder', false],
    ['a compute pass', true],
  ])('hold range, scale and kind of the map, recorded into %s', async (_, inPass) => {
    await encoded({ uniforms }, inPass);
    const [min, max, low, high, scale, offset, kind, nonFinite] = (await facts()) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect({ min, max, low, high, nonFinite }).toEqual(truth);
    expect(kind).toBe(0);
    for (const [nearness, value] of await texels()) expect(scale * value + offset).toBeCloseTo(nearness, 5);
  });

  it('are written beside a target that needs no range, and are got ready by prepare', async () => {
    const buffer = real.createBuffer({ size: 4 * 64 * 48, usage: USAGE });
    const other = await loadDepthModel(tinyMidas(), { device, cache: false });
    await other.prepare({ width: 64, height: 48, target: buffer, uniforms, ...SMALL });
    for (const round of ['first', 'second']) {
      const encoder = device.createCommandEncoder();
      counts.clear();
      void other.encode(encoder, { source, target: buffer, uniforms, ...SMALL });
      const made = [...counts].filter(([name]) => name.startsWith('create'));
      expect(made).toEqual(round === 'first' ? [['createBindGroup', 1]] : []);
      device.queue.submit([encoder.finish()]);
    }
    expect((await facts()).slice(0, 2)).toEqual([truth.min, truth.max]);
    buffer.destroy();
    other.dispose();
  });

  it.each<[string, () => unknown, string]>([
    ['a buffer that is too small', () => real.createBuffer({ size: 16, usage: USAGE }), 'TARGET_SIZE'],
    [
      'a buffer that cannot be written',
      () => real.createBuffer({ size: 32, usage: BufferUsage.UNIFORM }),
      'TARGET_USAGE',
    ],
    ['what is no buffer', () => new Float32Array(8), 'TARGET_TEXTURE'],
  ])('refuse %s', async (_, of, code) => {
    counts.clear();
    expect(await rejection(encoded({ uniforms: of() as GPUBuffer }))).toMatchObject({ name: 'UsageError', code });
    expect(counts.has('beginComputePass')).toBe(false);
  });
});

describe('a range given to encode', () => {
  it('is what nearness spans, in the texture and in the uniforms, and may change from run to run', async () => {
    for (const range of [
      { min: truth.low, max: truth.high },
      { min: truth.min - 1, max: truth.max + 3 },
    ]) {
      await encoded({ range, uniforms });
      const span = range.max - range.min;
      for (const [i, [nearness, value]] of (await texels()).entries()) {
        expect(value).toBe(depth[i]);
        expect(nearness).toBeCloseTo(Math.min(Math.max((value - range.min) / span, 0), 1), 5);
      }
      const [min, max, low, high, scale, offset] = await facts();
      const [from, to] = [Math.fround(range.min), Math.fround(range.max)];
      expect([min, max, low, high]).toEqual([from, to, from, to]);
      expect(scale).toBeCloseTo(1 / span, 6);
      expect(offset).toBeCloseTo(-range.min / span, 5);
    }
  });

  it('makes nothing where its numbers are new', async () => {
    await encoded({ range: { min: 0, max: 5 } });
    counts.clear();
    for (let i = 1; i <= 100; i++) await encoded({ range: { min: -i, max: 5 + i / 7 } });
    expect([...counts.keys()].filter((name) => /^(create(?!Command)|write)/.test(name))).toEqual([]);
  });

  it('is that of each run, of many in one encoder', async () => {
    const encoder = device.createCommandEncoder();
    const buffers = Array.from({ length: 40 }, () => real.createBuffer({ size: 32, usage: USAGE }));
    const ranges = buffers.map((_, i) => ({ min: -Math.PI * i, max: 1e-30 * Math.E ** i }));
    for (const [i, range] of ranges.entries())
      await model.encode(encoder, { source, target, ...SMALL, range, uniforms: buffers[i]! });
    device.queue.submit([encoder.finish()]);
    for (const [i, { min, max }] of ranges.entries()) {
      const found = new Float32Array(await readBuffer(real, buffers[i]!, 16));
      expect([...found]).toEqual([min, max, min, max].map(Math.fround));
      buffers[i]!.destroy();
    }
  });

  it.each<[string, unknown]>([
    ['the wrong way round', { min: 2, max: 1 }],
    ['without an end', { min: 2 }],
    ['that is not finite', { min: 0, max: Infinity }],
    ['that is a list', [0, 1]],
  ])('is refused %s', async (_, range) => {
    counts.clear();
    const refused = await rejection(encoded({ range: range as { min: number; max: number } }));
    expect(refused).toMatchObject({ name: 'UsageError', code: 'OPTION_RANGE' });
    expect(counts.has('beginComputePass')).toBe(false);
  });
});
