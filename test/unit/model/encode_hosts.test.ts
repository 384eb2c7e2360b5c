import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type EncodeInto, type EncodeTargets } from '../../../src/index.js';
import { BufferUsage, readBuffer, TextureUsage } from '../../../src/gpu/buffers.js';
import type { Warning } from '../../../src/index.js';
import { FaultyGpu } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { readTexels } from '../../../truth/textures.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { sourceTexture } from './host_objects.js';
import { bits, depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyDepthAnything3 } from './tiny_depth_anything_3.js';
import { tinyMidas } from './tiny_midas.js';

const BYTES = 4 * 64 * 48;
const STORED = TextureUsage.STORAGE_BINDING | TextureUsage.COPY_SRC;

let real: GPUDevice;
let device: GPUDevice;
let counts: Counts;
let model: DepthModel;
let source: GPUTexture;
let expected: Float32Array;
const warnings: Warning[] = [];
const made: (GPUTexture | GPUBuffer)[] = [];

beforeAll(async () => {
  real = (await testGpu()).device;
  ({ device, counts } = countingDevice(real));
  const onWarning = (warning: Warning) => void warnings.push(warning);
  model = await loadDepthModel(tinyMidas(), { device, cache: false, onWarning });
  source = sourceTexture(real, 'a');
  expected = await depthOf(model, picture('a'));
});
afterEach(() => {
  for (const each of made.splice(0)) each.destroy();
  warnings.length = 0;
});
afterAll(() => {
  model.dispose();
  source.destroy();
});

function texture(of = real, format: GPUTextureFormat = 'r32float', usage: number = STORED): GPUTexture {
  const target = of.createTexture({ label: 'target', size: [64, 48], format, usage });
  made.push(target);
  return target;
}

function buffer(of = real, usage: number = BufferUsage.COPY_DST | BufferUsage.COPY_SRC): GPUBuffer {
  const target = of.createBuffer({ label: 'target', size: BYTES, usage });
  made.push(target);
  return target;
}

const texels = async (of: GPUDevice, from: GPUTexture) => bits(Float32Array.from(await readTexels(of, from)));

const encode = (into: unknown, targets: Partial<Record<keyof EncodeTargets, unknown>> = {}) =>
  model.encode(into as EncodeInto, { source, target: texture(), ...SMALL, ...targets } as EncodeTargets);

describe('encode on the device of the model', () => {
  it('writes what estimate gives', async () => {
    const { instance } = await testGpu();
    const own = await loadDepthModel(tinyMidas(), { gpu: instance as GPU, cache: false });
    const from = sourceTexture(own.device, 'a');
    const target = texture(own.device);
    const encoder = own.device.createCommandEncoder();
    await own.encode(encoder, { source: from, target, ...SMALL });
    own.device.queue.submit([encoder.finish()]);
    expect(await texels(own.device, target)).toBe(bits(await depthOf(own, picture('a'))));

    // All that is of that device is foreign to the other model.
    const into = device.createCommandEncoder();
    counts.clear();
    for (const [role, targets] of [
      ['source', { source: from }],
      ['target', { target: texture(own.device, 'rgba16float') }],
      ['target', { target: buffer(own.device) }],
    ] as const)
      expect(await rejection(encode(into, targets))).toMatchObject({
        name: 'UsageError',
        code: 'ENCODE_DEVICE',
        message: expect.stringContaining(`The ${role} "${role}"`) as string,
      });
    expect(counts.has('beginComputePass')).toBe(false);
    into.finish();
    from.destroy();
    own.dispose();
  });

  it('says where its encoder went when that device was lost, and works on the next one', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device);
    const own = await loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' });
    const targets = () => ({ source: sourceTexture(own.device, 'a'), target: texture(own.device), ...SMALL });
    const before = own.device;
    await own.encode(before.createCommandEncoder(), targets());
    faulty.last.lose();
    await Promise.resolve();
    expect(await rejection(own.encode(before.createCommandEncoder(), targets()))).toMatchObject({
      code: 'DEVICE_LOST',
      hint: expect.stringContaining('model.prepare') as string,
    });
    await own.prepare({ width: 64, height: 48, ...SMALL });
    expect(own.device).not.toBe(before);
    await own.encode(own.device.createCommandEncoder(), targets());
    own.dispose();
  });
});

describe.each(['a device of the caller', 'a device of its own'])('encode of a model on %s', (road) => {
  let other: GPUDevice;
  let ours: DepthModel;
  let from: GPUTexture;
  const told: Warning[] = [];
  const uncaptured: string[] = [];
  beforeAll(async () => {
    const gpu = (await testGpu()).instance as GPU;
    other = await (await gpu.requestAdapter())!.requestDevice({ label: 'other' });
    other.addEventListener('uncapturederror', (event) => event.preventDefault());
    const on = road === 'a device of its own' ? { gpu } : { device: real };
    ours = await loadDepthModel(tinyMidas(), { ...on, cache: false, onWarning: (warning) => void told.push(warning) });
    ours.device.addEventListener('uncapturederror', ({ error }) => void uncaptured.push(error.message));
    from = sourceTexture(ours.device, 'a');
  });
  afterEach(() => {
    expect(uncaptured).toEqual([]);
    told.length = 0;
  });
  afterAll(() => {
    from.destroy();
    ours.dispose();
    other.destroy();
  });

  const into = (encoder: EncodeInto, target: GPUTexture, inputSize: number = SMALL.inputSize) =>
    ours.encode(encoder, { source: from, target, inputSize });
  /** What a device says of an encoder once it is finished. */
  const finished = async (of: GPUDevice, encoder: GPUCommandEncoder) => {
    of.pushErrorScope('validation');
    encoder.finish();
    return (await of.popErrorScope())?.message;
  };
  const expectUsable = async () => {
    const [encoder, target] = [ours.device.createCommandEncoder(), texture(ours.device)];
    await into(encoder, target);
    ours.device.queue.submit([encoder.finish()]);
    expect(await texels(ours.device, target)).toBe(bits(expected));
  };

  it('refuses an open encoder of another device, and leaves it whole', async () => {
    const encoder = other.createCommandEncoder({ label: 'theirs' });
    expect(await rejection(into(encoder, texture(ours.device), 96))).toMatchObject({
      name: 'UsageError',
      code: 'ENCODE_DEVICE',
      message: expect.stringContaining('The encoder "theirs" is not of the device that the model runs on.') as string,
    });
    expect(await finished(other, encoder)).toBeUndefined();
    await expectUsable();
  });

  it('tells of one that it recorded into at once by the next call and a warning', async () => {
    await expectUsable();
    await into(other.createCommandEncoder({ label: 'theirs' }), texture(ours.device));
    await expect.poll(() => told.map(({ code }) => code)).toEqual(['ENCODE_DEVICE']);
    expect(await rejection(expectUsable())).toMatchObject({
      code: 'ENCODE_DEVICE',
      message: expect.stringContaining('The encoder "theirs"') as string,
    });
    await expectUsable();
  });

  it('does no harm with a compute pass of another device, which that device refuses', async () => {
    for (const inputSize of [SMALL.inputSize, 128]) {
      const encoder = other.createCommandEncoder();
      const pass = encoder.beginComputePass();
      await into(pass, texture(ours.device), inputSize);
      pass.end();
      expect(await finished(other, encoder)).toContain('cannot be used with [Device "other"]');
    }
    await expectUsable();
    expect(told).toEqual([]);
  });
});

describe('encode into a compute pass', () => {
  it('writes a texture and a buffer as into an encoder, and makes nothing after the first call', async () => {
    const targets = [texture(), buffer(real, BufferUsage.STORAGE | BufferUsage.COPY_SRC)] as const;
    for (const round of ['first', 'second']) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const target of targets) {
        counts.clear();
        await model.encode(pass, { source, target, ...SMALL });
        expect(counts.has('beginComputePass') || counts.has('copyBufferToBuffer')).toBe(false);
        if (round === 'second') expect([...counts.keys()].filter((name) => name.startsWith('create'))).toEqual([]);
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
    expect(await texels(real, targets[0])).toBe(bits(expected));
    expect(bits(new Float32Array(await readBuffer(real, targets[1], BYTES)))).toBe(bits(expected));
  });

  it('keeps the focal lengths of runs in one pass apart, and makes nothing for new ones', async () => {
    const metric = await loadDepthModel(tinyDepthAnything3(), {
      model: 'depth-anything-3-metric-large',
      acceptLicense: true,
      device,
      cache: false,
    });
    const targets = [1, 2].map(() => buffer(real, BufferUsage.STORAGE | BufferUsage.COPY_SRC));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const encoded = (target: GPUBuffer, focalLength: number) =>
      metric.encode(pass, { source, target, inputSize: 56, focalLength });
    for (const [i, target] of targets.entries()) await encoded(target, 50 * (i + 1));
    counts.clear();
    for (let i = 1; i <= 10; i++) await encoded(targets[1] as GPUBuffer, 100 + i / 3);
    await encoded(targets[1] as GPUBuffer, 100);
    expect([...counts.keys()].filter((name) => /^(create|write)/.test(name))).toEqual([]);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const [a, b] = await Promise.all(
      targets.map(async (target) => new Float32Array(await readBuffer(real, target, BYTES))[7] as number),
    );
    expect(a).toBeGreaterThan(0);
    expect(b! / a!).toBeCloseTo(2, 5);
    metric.dispose();
  });

  it('refuses a buffer that only a copy could write', async () => {
    const pass = device.createCommandEncoder().beginComputePass();
    expect(await rejection(encode(pass, { target: buffer() }))).toMatchObject({
      code: 'TARGET_USAGE',
      message: expect.stringContaining('STORAGE') as string,
    });
  });
});

describe('encode refuses', () => {
  it('an encoder that is finished, before it records', async () => {
    const encoder = device.createCommandEncoder();
    encoder.finish();
    counts.clear();
    // A size that is not at hand.
    const refused = rejection(encode(encoder, { inputSize: 96 }));
    expect(await refused).toMatchObject({ name: 'UsageError', code: 'ENCODE_ENCODER' });
    expect(counts.has('beginComputePass')).toBe(false);
  });

  it('what was finished when it had recorded at once, by the next call and a warning', async () => {
    const [target, other] = [texture(), texture()];
    await encode(device.createCommandEncoder(), { target });
    const encoder = device.createCommandEncoder();
    encoder.finish();
    await encode(encoder, { target });
    await expect.poll(() => warnings.map(({ code }) => code)).toEqual(['ENCODE_ENCODER']);
    const next = device.createCommandEncoder();
    expect(await rejection(encode(next, { target: other }))).toMatchObject({ code: 'ENCODE_ENCODER' });
    await encode(next, { target: other });
    device.queue.submit([next.finish()]);
    expect(await texels(real, other)).toBe(bits(expected));
  });

  it.each<[string, unknown, Partial<Record<keyof EncodeTargets, unknown>>, string, string]>([
    ['what is no encoder', {}, {}, 'ENCODE_ENCODER', 'Object'],
    ['no encoder', undefined, {}, 'ENCODE_ENCODER', 'undefined'],
    [
      'an element as its source',
      undefined,
      { source: { naturalWidth: 64, complete: true } },
      'OPTION_SOURCE',
      'Object',
    ],
    ['no source', undefined, { source: undefined }, 'OPTION_SOURCE', 'undefined'],
    ['a canvas as its target', undefined, { target: { getContext() {} } }, 'TARGET_TEXTURE', 'Object'],
    ['no target', undefined, { target: null }, 'TARGET_TEXTURE', 'null'],
  ])('%s', async (_, into, targets, code, words) => {
    const encoder = code === 'ENCODE_ENCODER' ? into : device.createCommandEncoder();
    const error = await rejection(encode(encoder, targets));
    expect(error).toMatchObject({ name: 'UsageError', code });
    expect(error.message).toContain(words);
  });
});

describe('a texture of an sRGB format', () => {
  let linear: GPUTexture;
  beforeAll(() => {
    linear = sourceTexture(real, 'a', 'rgba8unorm-srgb');
    return () => linear.destroy();
  });

  it('is estimated as it stores its colours, bit for bit', async () => {
    const map = await model.estimate(linear, SMALL);
    expect(bits(await map.read())).toBe(bits(expected));
    map.dispose();
    const { label, width, height, usage, dimension, depthOrArrayLayers, sampleCount } = linear;
    const plain = { label, width, height, usage, dimension, depthOrArrayLayers, sampleCount, createView() {} };
    const packed = { ...plain, format: 'etc2-rgb8unorm-srgb' } as unknown as GPUTexture;
    expect(await rejection(model.estimate(packed, SMALL))).toMatchObject({ code: 'IMAGE_TEXTURE' });
  });

  it('is encoded so into encoders and passes, with nothing made after the first call', async () => {
    const target = texture();
    for (const round of ['first', 'second', 'third']) {
      const encoder = device.createCommandEncoder();
      const pass = round === 'third' ? encoder.beginComputePass() : undefined;
      counts.clear();
      await encode(pass ?? encoder, { source: linear, target });
      const others = [...counts.keys()].filter((name) => /^(create|write|submit)/.test(name));
      if (round !== 'first') expect(others).toEqual([]);
      pass?.end();
      device.queue.submit([encoder.finish()]);
      expect(await texels(real, target)).toBe(bits(expected));
    }
  });

  it('is got ready by prepare', async () => {
    const target = texture(real, 'r32float');
    const other = await loadDepthModel(tinyMidas(), { device, cache: false });
    await other.prepare({ width: 64, height: 48, target, source: linear, ...SMALL });
    const encoder = device.createCommandEncoder();
    counts.clear();
    void other.encode(encoder, { source: linear, target, ...SMALL });
    expect(counts.get('dispatchWorkgroups')).toBeGreaterThan(50);
    // For the copy of the source, for what reads it, and for the target.
    expect([...counts].filter(([name]) => name.startsWith('create'))).toEqual([['createBindGroup', 3]]);
    other.dispose();
  });

  it('takes no size from the caller', async () => {
    const sized = { source: linear, sourceSize: { width: 64, height: 48 } };
    expect(await rejection(encode(device.createCommandEncoder(), sized))).toMatchObject({ code: 'OPTION_SOURCE_SIZE' });
  });
});
