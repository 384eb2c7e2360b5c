import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BufferUsage, readBuffer, TextureUsage } from '../../../src/gpu/buffers.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { loadDepthModel, type DepthModel, type LoadOptions } from '../../../src/index.js';
import type { Warning } from '../../../src/warnings.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { seededInput } from '../../../truth/seeded_weights.js';
import { depthOf, picture, rejection, SMALL } from './pictures.js';
import { changedMidas, tinyMidas } from './tiny_midas.js';

/** By which the maps of the decoder are larger than those of the same network: past f16, where its weights are not. */
const LARGER = 150_000;

let faulty: FaultyDevice;
const warnings: Warning[] = [];
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  // On an adapter that is a CPU by its name, `auto` is f32.
  const adopt = Gpu.adopt.bind(Gpu);
  vi.spyOn(Gpu, 'adopt').mockImplementation((device) => {
    const gpu = adopt(device);
    return Object.assign(gpu, { adapter: { ...gpu.adapter, software: false } });
  });
});
afterAll(() => {
  vi.restoreAllMocks();
  expect(faulty.uncaptured).toEqual([]);
});

const load = (source: Uint8Array, options: LoadOptions = {}) => {
  warnings.length = 0;
  const onWarning = (warning: Warning) => warnings.push(warning);
  return loadDepthModel(source, { device: faulty.device, cache: false, tuning: 'off', onWarning, ...options });
};

/** The function of `tinyMidas` with larger values inside: ReLU and sums pass a factor on. */
function scaledMidas(factor: number, unbiased = false): Uint8Array<ArrayBuffer> {
  return changedMidas((name, values) => {
    if (unbiased && /bias$|running_mean$/.test(name)) return values.fill(0);
    if (/scratch\.(layer\d_rn\.weight|refinenet\d\..*\.bias)$/.test(name)) return values.map((value) => value * factor);
    return name.endsWith('scratch.output_conv.0.weight') ? values.map((value) => value / factor) : undefined;
  });
}

/** Largest difference, as a share of the range of what is expected. */
function worst(values: Float32Array, expected: Float32Array): number {
  const range = Math.max(...expected) - Math.min(...expected);
  expect(range).toBeGreaterThan(0.01);
  return Math.max(...values.map((value, i) => Math.abs(value - expected[i]!))) / range;
}

class StrongRef<T> {
  readonly #target: T;
  constructor(target: T) {
    this.#target = target;
  }
  deref(): T {
    return this.#target;
  }
}

function pictureTexture(): GPUTexture {
  const { data, width, height } = picture('a');
  const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST;
  const texture = faulty.device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
  const rgba = Uint8Array.from({ length: 4 * width * height }, (_, i) => data[3 * (i >> 2) + (i & 3)] ?? 255);
  faulty.device.queue.writeTexture({ texture }, rgba, { bytesPerRow: 4 * width }, [width, height]);
  return texture;
}

/** What a caller that draws does each frame: records, submits, goes on. */
async function encoded(model: DepthModel): Promise<Float32Array> {
  const { device } = faulty;
  const source = pictureTexture();
  const { width, height } = source;
  const target = device.createBuffer({ size: 4 * width * height, usage: BufferUsage.COPY_DST | BufferUsage.COPY_SRC });
  try {
    const encoder = device.createCommandEncoder();
    await model.encode(encoder, { source, target, ...SMALL });
    device.queue.submit([encoder.finish()]);
    return new Float32Array(await readBuffer(device, target, 4 * width * height));
  } finally {
    source.destroy();
    target.destroy();
  }
}

describe('encode with a network whose values f16 does not hold', () => {
  // The engine that stored f16 is held by nothing else, and might be collected before it is disposed of.
  beforeEach(() => vi.stubGlobal('WeakRef', StrongRef));
  afterEach(() => vi.unstubAllGlobals());

  it('says so and goes on in f32 where precision is auto, without another call', async () => {
    const plain = await load(tinyMidas(), { precision: 'f32' });
    const expected = await depthOf(plain, picture('a'));
    plain.dispose();
    const model = await load(scaledMidas(LARGER));
    expect(worst(await encoded(model), expected)).toBeGreaterThan(0.1);
    await vi.waitFor(() => expect(model.info.precision).toBe('f32'), { timeout: 20_000 });
    expect(warnings).toMatchObject([{ code: 'LIMIT_F16_RANGE' }]);
    expect(worst(await encoded(model), expected)).toBeLessThan(1e-3);
    model.dispose();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('keeps what a recorded run uses when the model changes to f32 before it is submitted', async () => {
    const model = await load(scaledMidas(LARGER));
    const source = pictureTexture();
    const usage = BufferUsage.COPY_DST | BufferUsage.COPY_SRC;
    const target = faulty.device.createBuffer({ size: 4 * 64 * 48, usage });
    const encoder = faulty.device.createCommandEncoder();
    await model.encode(encoder, { source, target, ...SMALL });
    await depthOf(model, picture('b'));
    expect(model.info.precision).toBe('f32');
    await new Promise((resolve) => setTimeout(resolve, 50));
    faulty.device.queue.submit([encoder.finish()]);
    const values = new Float32Array(await readBuffer(faulty.device, target, 4 * 64 * 48));
    expect(Math.max(...values)).toBeGreaterThan(0);
    expect(faulty.uncaptured).toEqual([]);
    model.dispose();
    source.destroy();
    target.destroy();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('records a run that is compiled while the model changes to f32', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let reached = (): void => undefined;
    const compiling = new Promise<void>((resolve) => (reached = resolve));
    const device = new Proxy(faulty.device, {
      get: (target, name) =>
        name === 'createComputePipelineAsync'
          ? async (descriptor: GPUComputePipelineDescriptor) => {
              if (/depth_texture/.test(descriptor.label ?? '')) {
                reached();
                await gate;
              }
              return target.createComputePipelineAsync(descriptor);
            }
          : Reflect.get(target, name),
    });
    const model = await load(scaledMidas(LARGER), { device });
    const source = pictureTexture();
    const target = device.createTexture({ size: [64, 48], format: 'rgba16float', usage: TextureUsage.STORAGE_BINDING });
    const encoder = device.createCommandEncoder();
    const encode = model.encode(encoder, { source, target, ...SMALL });
    await compiling;
    await depthOf(model, picture('b'));
    expect(model.info.precision).toBe('f32');
    await new Promise((resolve) => setTimeout(resolve, 50));
    open();
    await encode;
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    expect(faulty.uncaptured).toEqual([]);
    model.dispose();
    source.destroy();
    target.destroy();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('is a warning at once, and an error of the next call, where f16 was asked for', async () => {
    const model = await load(scaledMidas(LARGER), { precision: 'f16' });
    await encoded(model);
    await vi.waitFor(() => expect(warnings).toMatchObject([{ code: 'LIMIT_F16_RANGE' }]), { timeout: 20_000 });
    expect(await rejection(encoded(model))).toMatchObject({ name: 'LimitError', code: 'LIMIT_F16_RANGE' });
    model.dispose();
    expect(faulty.uncaptured).toEqual([]);
  });

  it('notices a run that the caller submits later than the look at it', async () => {
    // Without biases a faint picture gives small values, so that the network is known to answer.
    const model = await load(scaledMidas(LARGER, true), { precision: 'f16' });
    await model.run(
      seededInput('b', 96, 64).map((value) => value / 1000),
      [1, 3, 96, 64],
    );
    const source = pictureTexture();
    const target = faulty.device.createBuffer({ size: 4 * 64 * 48, usage: BufferUsage.COPY_DST });
    const encoder = faulty.device.createCommandEncoder();
    faulty.calls.clear();
    await model.encode(encoder, { source, target, ...SMALL });
    await vi.waitFor(() => expect(faulty.calls.get('mapAsync')).toBeGreaterThan(0), { timeout: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(warnings).toEqual([]);
    faulty.device.queue.submit([encoder.finish()]);
    await vi.waitFor(() => expect(warnings).toMatchObject([{ code: 'LIMIT_F16_RANGE' }]), { timeout: 20_000 });
    model.dispose();
    source.destroy();
    target.destroy();
    expect(faulty.uncaptured).toEqual([]);
  });
});

describe('a network whose values f16 does not hold', () => {
  const tensor = seededInput('b', 96, 64);

  it(
    'goes on in f32 where precision is auto: every run is right, those under way too, ' + 'and one warning says so',
    async () => {
      const plain = await load(tinyMidas(), { precision: 'f32' });
      const names = [...'abcdef'];
      const expected = await Promise.all(names.map((name) => depthOf(plain, picture(name))));
      const model = await load(scaledMidas(LARGER));
      expect(model.info.precision).toBe('f16');
      const source = picture('a');
      const runs = names.map((name) => {
        source.data.set(picture(name).data);
        return depthOf(model, source);
      });
      const values = await Promise.all([...runs, model.run(tensor, [1, 3, 96, 64])]);
      const wanted = [...expected, await plain.run(tensor, [1, 3, 96, 64])];
      for (const [i, each] of values.entries()) expect(worst(each, wanted[i]!)).toBeLessThan(1e-3);
      expect(model.info.precision).toBe('f32');
      expect(warnings).toMatchObject([{ code: 'LIMIT_F16_RANGE' }]);
      expect(worst(await depthOf(model, picture('a')), expected[0]!)).toBeLessThan(1e-3);
      model.dispose();
      plain.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
    },
  );

  it('is refused where f16 was asked for, on every road, and a run of it leaves nothing', async () => {
    const model = await load(scaledMidas(LARGER), { precision: 'f16' });
    const fault = { name: 'LimitError', code: 'LIMIT_F16_RANGE', expected: 65504 };
    const pending = [
      ...[...'abc'].map((name) => model.estimate(picture(name), SMALL)),
      model.run(tensor, [1, 3, 96, 64]),
      model
        .stream(
          (async function* () {
            yield picture('a');
          })(),
          SMALL,
        )
        .next(),
    ].map((call) => rejection(call));
    for (const error of await Promise.all(pending)) expect(error).toMatchObject(fault);
    model.dispose();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('whose weights f16 does not hold either goes on in f32 too', async () => {
    const model = await load(scaledMidas(1e7));
    expect(model.info.precision).toBe('f32');
    expect(warnings).toMatchObject([{ code: 'WEIGHTS_F16_RANGE' }]);
    model.dispose();
    expect(await rejection(load(scaledMidas(1e7), { precision: 'f16' }))).toMatchObject({ code: 'WEIGHTS_F16_RANGE' });
  });
});

it(
  'a network whose values f16 holds stays in f16, without a word, and makes one buffer, ' + 'pass and submit a run',
  async () => {
    const model = await load(tinyMidas());
    for (let i = 0; i < 3; i++) (await model.estimate(picture('a'), SMALL)).dispose();
    faulty.calls.clear();
    (await model.estimate(picture('b'), SMALL)).dispose();
    const made = [...faulty.calls].filter(([name]) => name.startsWith('create'));
    expect(Object.fromEntries(made)).toEqual({ createBuffer: 1, createCommandEncoder: 1 });
    expect(faulty.calls.get('submit')).toBe(1);
    expect([model.info.precision, warnings]).toEqual(['f16', []]);
    model.dispose();
  },
);

it('a run that is given up is not looked at, so that no other run fails', async () => {
  const model = await load(tinyMidas(), { precision: 'f16' });
  const expected = await depthOf(model, picture('b'));
  for (let delay = 0; delay < 12; delay++) {
    const given = new AbortController();
    const aborted = model.estimate(picture('a'), { signal: given.signal }).then(
      (depth) => depth.dispose(),
      () => undefined,
    );
    const other = depthOf(model, picture('b'));
    setTimeout(() => given.abort(), delay / 2);
    await aborted;
    expect(await other).toEqual(expected);
  }
  expect(faulty.uncaptured).toEqual([]);
  model.dispose();
});
