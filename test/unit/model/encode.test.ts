import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type DepthTextureFormat } from '../../../src/index.js';
import { BufferUsage, readBuffer, TextureUsage } from '../../../src/gpu/buffers.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { readTexels } from '../../../truth/textures.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { sourceTexture } from './host_objects.js';
import { bits, bitsOf, depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let real: GPUDevice;
let device: GPUDevice;
let counts: Counts;
let model: DepthModel;
let source: GPUTexture;
let expected: Float32Array;
const made: (GPUTexture | GPUBuffer)[] = [];

beforeAll(async () => {
  real = (await testGpu()).device;
  ({ device, counts } = countingDevice(real));
  model = await loadDepthModel(tinyMidas(), { device, cache: false });
  source = sourceTexture(real, 'a');
  expected = await depthOf(model, picture('a'));
});
beforeEach(() => counts.clear());
afterEach(() => {
  for (const each of made.splice(0)) each.destroy();
});
afterAll(() => {
  model.dispose();
  source.destroy();
});

function targetTexture(
  format: GPUTextureFormat,
  width = 64,
  height = 48,
  usage: number = TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC,
): GPUTexture {
  const texture = real.createTexture({ label: 'target', size: [width, height], format, usage });
  made.push(texture);
  return texture;
}

function targetBuffer(size: number, usage: number = BufferUsage.COPY_DST | BufferUsage.COPY_SRC): GPUBuffer {
  const buffer = real.createBuffer({ label: 'target', size, usage });
  made.push(buffer);
  return buffer;
}

const texels = async (texture: GPUTexture) => Float32Array.from(await readTexels(real, texture));

async function encoded(target: GPUTexture | GPUBuffer, from = source): Promise<void> {
  const encoder = device.createCommandEncoder();
  await model.encode(encoder, { source: from, target, ...SMALL });
  device.queue.submit([encoder.finish()]);
}

describe('encode', () => {
  it('writes to a buffer what estimate gives, bit for bit', async () => {
    const target = targetBuffer(4 * 64 * 48 + 16);
    await encoded(target);
    expect(bits(new Float32Array(await readBuffer(real, target, 4 * 64 * 48)))).toBe(bits(expected));
  });

  it('writes to an r32float texture what estimate gives, bit for bit', async () => {
    const target = targetTexture('r32float');
    await encoded(target);
    expect(bits(await texels(target))).toBe(bits(expected));
  });

  it.each(['rgba16float', 'rgba32float'] as const)(
    'writes to %s what DepthMap.texture gives, bit for bit',
    async (format: DepthTextureFormat) => {
      const target = targetTexture(format);
      await encoded(target);
      const map = await model.estimate(picture('a'), SMALL);
      const [encode, estimate] = [await texels(target), await texels(await map.texture(format))];
      map.dispose();
      expect(bits(encode)).toBe(bits(estimate));
      expect(encode.length).toBe(4 * 64 * 48);
      const nearness = encode.filter((_, i) => i % 4 === 0);
      expect([Math.min(...nearness), Math.max(...nearness)]).toEqual([0, 1]);
      if (format === 'rgba32float') expect(bits(encode.filter((_, i) => i % 4 === 1))).toBe(bits(expected));
    },
  );

  it('resizes the map to the texture', async () => {
    const target = targetTexture('r32float', 40, 30);
    await encoded(target);
    const values = await texels(target);
    expect(values.length).toBe(40 * 30);
    expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.05);
  });

  it('records one pass and makes nothing after the first call at a size, before it returns', async () => {
    const [texture, buffer] = [targetTexture('rgba16float'), targetBuffer(4 * 64 * 48)];
    for (const target of [texture, buffer]) await encoded(target);
    for (const target of [texture, buffer]) {
      const encoder = device.createCommandEncoder();
      counts.clear();
      void model.encode(encoder, { source, target, ...SMALL });
      expect(counts.get('beginComputePass')).toBe(1);
      expect(counts.get('dispatchWorkgroups')).toBeGreaterThan(50);
      expect(counts.get('copyBufferToBuffer')).toBe(target === buffer ? 1 : undefined);
      const others = [...counts].filter(([name]) => /^(create|submit|write|destroy|push|pop|finish)/.test(name));
      // One error scope tells of an encoder that is finished, one of an encoder of another device.
      expect(others).toEqual([
        ['pushErrorScope', 2],
        ['popErrorScope', 2],
      ]);
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    }
  });

  it('makes one bind group for a source not seen before', async () => {
    const target = targetTexture('r32float');
    await encoded(target);
    const other = sourceTexture(real, 'b');
    made.push(other);
    const encoder = device.createCommandEncoder();
    counts.clear();
    await model.encode(encoder, { source: other, target, ...SMALL });
    expect([...counts].filter(([name]) => name.startsWith('create'))).toEqual([['createBindGroup', 1]]);
    device.queue.submit([encoder.finish()]);
    expect(bits(await texels(target))).toBe(await bitsOf(model, picture('b')));
  });

  it('records two pictures into one encoder', async () => {
    const other = sourceTexture(real, 'b');
    const targets = [targetTexture('r32float'), targetTexture('r32float')] as const;
    made.push(other);
    const encoder = device.createCommandEncoder();
    await model.encode(encoder, { source, target: targets[0], ...SMALL });
    await model.encode(encoder, { source: other, target: targets[1], ...SMALL });
    device.queue.submit([encoder.finish()]);
    expect(bits(await texels(targets[0]))).toBe(bits(expected));
    expect(bits(await texels(targets[1]))).toBe(await bitsOf(model, picture('b')));
  });

  it.each([
    ['a format it cannot store to', () => targetTexture('rgba8unorm'), { code: 'TARGET_FORMAT', actual: 'rgba8unorm' }],
    [
      'a texture without STORAGE_BINDING',
      () => targetTexture('r32float', 64, 48, TextureUsage.COPY_SRC),
      { code: 'TARGET_USAGE' },
    ],
    ['a buffer without COPY_DST', () => targetBuffer(4 * 64 * 48, BufferUsage.STORAGE), { code: 'TARGET_USAGE' }],
    [
      'a buffer that is too small',
      () => targetBuffer(4 * 64 * 48 - 4),
      { code: 'TARGET_SIZE', expected: 12288, actual: 12284 },
    ],
  ])('refuses %s', async (_, target, error) => {
    expect(await rejection(encoded(target()))).toMatchObject({ name: 'UsageError', ...error });
    expect(counts.has('beginComputePass')).toBe(false);
  });

  it('refuses a source it cannot read', async () => {
    const target = targetTexture('r32float');
    for (const [format, usage] of [
      ['rgba8unorm', TextureUsage.COPY_DST],
      ['rgba8uint', TextureUsage.TEXTURE_BINDING],
    ] as const) {
      const bad = real.createTexture({ size: [64, 48], format, usage });
      made.push(bad);
      expect(await rejection(encoded(target, bad))).toMatchObject({ code: 'IMAGE_TEXTURE' });
    }
  });

  it('leaves the device and its error handler alone', async () => {
    const faulty = new FaultyDevice(real);
    const other = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false });
    // Until a network has answered once, what it encodes is looked at in a submit of its own, by a timer.
    (await other.estimate(picture('a'), SMALL)).dispose();
    faulty.calls.delete('submit');
    const encoder = faulty.device.createCommandEncoder();
    await other.encode(encoder, { source, target: targetTexture('r32float'), ...SMALL });
    real.queue.submit([encoder.finish()]);
    other.dispose();
    expect([
      faulty.calls.has('destroy'),
      faulty.calls.has('addEventListener'),
      faulty.calls.has('onuncapturederror'),
      faulty.calls.has('submit'),
    ]).toEqual([false, false, false, false]);
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });
});
