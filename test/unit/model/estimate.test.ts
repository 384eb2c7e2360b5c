import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel, type DrawOptions, type EstimateOptions } from '../../../src/index.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { bits, bitsOf, depthOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let faulty: FaultyDevice;
let model: DepthModel;
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  model = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false });
});
afterAll(() => {
  model.dispose();
  expect(faulty.uncaptured).toEqual([]);
});

describe('estimate', () => {
  it('gives a map of the size of the picture, or of the network, that is not constant', async () => {
    const full = await model.estimate(picture('a'), SMALL);
    expect([full.width, full.height, full.kind, full.nearer, full.unit, full.model]).toEqual([
      64,
      48,
      'relative-inverse',
      'larger',
      'none',
      'midas-v2.1-small',
    ]);
    const small = await model.estimate(picture('a', 128, 96), { ...SMALL, size: 'network' });
    expect([small.width, small.height]).toEqual([64, 64]);
    for (const map of [full, small]) {
      const values = await map.read();
      expect(values.length).toBe(map.width * map.height);
      const { min, max, nonFinite } = await map.range();
      expect([min, max, nonFinite]).toEqual([Math.min(...values), Math.max(...values), 0]);
      expect(max - min).toBeGreaterThan(0.05);
      map.dispose();
    }
  });

  it('depends on the picture, and gives the same bits for the same picture', async () => {
    const [a, again, b] = [
      await bitsOf(model, picture('a')),
      await bitsOf(model, picture('a')),
      await bitsOf(model, picture('b')),
    ];
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it('eight at once equal one after another, bit for bit: pictures that differ at one size', async () => {
    const pictures = [...'abcdefgh'].map((name) => picture(name));
    const expected = [];
    for (const each of pictures) expected.push(await bitsOf(model, each));
    expect(new Set(expected).size).toBe(8);
    expect(await Promise.all(pictures.map((each) => bitsOf(model, each)))).toEqual(expected);
  });

  it('eight at once equal one after another, bit for bit: eight sizes, more than are kept', async () => {
    const pictures = [...'abcdefgh'].map((name, i) => picture(name, 40 + 8 * i, 72 - 4 * i));
    const together = await Promise.all(pictures.map((each) => bitsOf(model, each)));
    const expected = [];
    for (const each of pictures) expected.push(await bitsOf(model, each));
    expect(together).toEqual(expected);
  });

  it('eight at once equal one after another, bit for bit: at a size not seen before', async () => {
    const pictures = [...'abcdefgh'].map((name) => picture(name, 57, 61));
    const together = await Promise.all(pictures.map((each) => bitsOf(model, each)));
    const expected = [];
    for (const each of pictures) expected.push(await bitsOf(model, each));
    expect(together).toEqual(expected);
  });

  it('two models on one device, eight at once each, equal one after another', async () => {
    const other = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, convention: 'hub' });
    const pictures = [...'abcdefgh'].map((name) => picture(name));
    const jobs = pictures.flatMap((each) => [() => bitsOf(model, each), () => bitsOf(other, each)]);
    const expected = [];
    for (const job of jobs) expected.push(await job());
    expect(expected[0]).not.toEqual(expected[1]);
    expect(await Promise.all(jobs.map((job) => job()))).toEqual(expected);
    other.dispose();
  });

  it.each([
    ['a size at hand', 64],
    ['a new size', 51],
  ])('reads pixels before it returns: %s', async (_, width) => {
    const expected = await bitsOf(model, picture('a', 64));
    if (width !== 64) expect(await bitsOf(model, picture('a', width - 1))).toBeDefined();
    const pixels = picture('a', width);
    const pending = bitsOf(model, pixels);
    pixels.data.fill(0);
    const values = await pending;
    expect(values).toEqual(width === 64 ? expected : await bitsOf(model, picture('a', width)));
    expect(values).not.toEqual(await bitsOf(model, pixels));
  });

  it('leaves the source alone, and results alone afterwards', async () => {
    const source = picture('a');
    const before = source.data.slice();
    const first = await model.estimate(source, SMALL);
    const second = await model.estimate(picture('b'), SMALL);
    const third = await model.estimate(picture('c'), SMALL);
    expect(new Set([first.buffer, second.buffer, third.buffer]).size).toBe(3);
    const [a, b, c] = [await first.read(), await second.read(), await third.read()];
    expect(source.data).toEqual(before);
    a.fill(7);
    third.dispose();
    expect(bits(await second.read())).toBe(await bitsOf(model, picture('b')));
    expect(bits(c)).toBe(await bitsOf(model, picture('c')));
    expect(b.buffer).not.toBe(a.buffer);
    first.dispose();
    second.dispose();
  });

  it('works inside the then of another', async () => {
    const expected = [await bitsOf(model, picture('a')), await bitsOf(model, picture('b'))];
    const nested = model
      .estimate(picture('a'), SMALL)
      .then(async (a) => [bits(await a.read()), await bitsOf(model, picture('b'))]);
    expect(await nested).toEqual(expected);
  });

  it('is not poisoned by a call that failed', async () => {
    const expected = await bitsOf(model, picture('a'));
    const bad = { ...picture('a'), data: new Uint8Array(5) };
    expect((await rejection(model.estimate(bad, SMALL))).code).toBe('IMAGE_DATA');
    expect((await rejection(model.estimate({ ...bad, width: 33 }, SMALL))).code).toBe('IMAGE_DATA');
    const mixed = await Promise.allSettled([
      bitsOf(model, picture('a')),
      bitsOf(model, bad),
      bitsOf(model, picture('a')),
    ]);
    expect(mixed.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await bitsOf(model, picture('a'))).toEqual(expected);
  });

  it('gives the same from bytes, floats, RGBA and a texture', async () => {
    const rgb = picture('a');
    const rgba = new Uint8Array(4 * 64 * 48);
    for (let i = 0; i < 64 * 48; i++) rgba.set([...rgb.data.subarray(3 * i, 3 * i + 3), i % 256], 4 * i);
    const { device } = await testGpu();
    const texture = device.createTexture({ size: [64, 48], format: 'rgba8unorm', usage: 4 | 2 });
    device.queue.writeTexture({ texture }, rgba, { bytesPerRow: 256 }, [64, 48]);
    const expected = await bitsOf(model, rgb);
    expect(await bitsOf(model, { data: rgba, width: 64, height: 48 })).toEqual(expected);
    const map = await model.estimate(texture, SMALL);
    expect(bits(await map.read())).toBe(expected);
    map.dispose();
    const floats = { ...rgb, data: Float32Array.from(rgb.data, (value) => value / 255) };
    const [close, exact] = [await depthOf(model, floats), await depthOf(model, rgb)];
    expect(Math.max(...close.map((value, i) => Math.abs(value - exact[i]!)))).toBeLessThan(1e-5);
    texture.destroy();
  });

  it('makes one buffer, one pass and one submit in the steady state', async () => {
    for (let i = 0; i < 2; i++) await bitsOf(model, picture('a'));
    faulty.calls.clear();
    const map = await model.estimate(picture('b'), SMALL);
    const { calls } = faulty;
    const made = [...calls].filter(([name]) => name.startsWith('create'));
    expect(Object.fromEntries(made)).toEqual({ createBuffer: 1, createCommandEncoder: 1 });
    expect(calls.get('submit')).toBe(1);
    map.dispose();
  });
});

describe('plan', () => {
  it.each<[string, { width: number; height: number }, EstimateOptions]>([
    ['a map of the size of the picture', { width: 90, height: 70 }, SMALL],
    ['a map of the size of the network', { width: 90, height: 70 }, { inputSize: 96, size: 'network' }],
    ['the size of the model', { width: 64, height: 48 }, {}],
    ['a map with its confidence', { width: 90, height: 70 }, { ...SMALL, confidence: true }],
  ])('is what the program then takes, and allocates and compiles nothing: %s', async (_, size, options) => {
    const fresh = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false });
    faulty.calls.clear();
    const { network, dispatches, runs, ...bytes } = await fresh.plan(size, options);
    expect([...faulty.calls.keys()]).toEqual([]);
    expect((await fresh.memory()).activations).toBe(0);
    (await fresh.estimate(picture('a', size.width, size.height), options)).dispose();
    expect(await fresh.memory()).toEqual(bytes);
    expect(bytes.activations).toBeGreaterThanOrEqual(bytes.lowerBound);
    const map = await fresh.estimate(picture('a', size.width, size.height), { ...options, size: 'network' });
    expect(network).toEqual({ width: map.width, height: map.height });
    map.dispose();
    expect(dispatches).toBeGreaterThan(50 * runs);
    expect(runs).toBe(options.confidence ? 5 : 1);
    fresh.dispose();
    expect(() => fresh.plan(size, options)).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });

  it('refuses what an estimate would', () => {
    expect(() => model.plan({ width: 64, height: 64 }, { inputSize: 8224 })).toThrow(
      expect.objectContaining({ code: 'LIMIT_INPUT' }),
    );
    expect(() => model.plan({ width: 0, height: 64 })).toThrow(expect.objectContaining({ code: 'IMAGE_SIZE' }));
    expect(() => model.plan({ width: 100_000, height: 64 }, { inputSize: 64, square: true })).toThrow(
      expect.objectContaining({ code: 'LIMIT_TEXTURE' }),
    );
    expect(() => model.plan({ width: 64, height: 64 }, { size: 'foo' as 'network' })).toThrow(
      expect.objectContaining({ code: 'OPTION_SIZE' }),
    );
  });
});

describe('toBlob', () => {
  it.each<DrawOptions>([{}, { invert: true }, { span: 'percentiles' }, { span: 'percentiles', invert: true }])(
    'writes into a coloured PNG which value a level stands for: %j',
    async (options) => {
      const map = await model.estimate(picture('a'), SMALL);
      const file = Buffer.from(await (await map.toBlob('png', { colormap: 'gray', ...options })).arrayBuffer());
      const { comments } = await sharp(file).metadata();
      const { scale, offset } = JSON.parse(comments!.find(({ keyword }) => keyword === 'depthwise')!.text) as {
        scale: number;
        offset: number;
      };
      const levels = await sharp(file).extractChannel(0).raw().toBuffer();
      const { min, max, low, high } = await map.range();
      const [from, to] = options.span ? [low, high] : [min, max];
      expect([offset, offset + 255 * scale].sort((a, b) => a - b)).toEqual([
        expect.closeTo(from, 5),
        expect.closeTo(to, 5),
      ]);
      let inside = 0;
      (await map.read()).forEach((value, i) => {
        if (value < from || value > to) return;
        inside++;
        expect(Math.abs(offset + scale * levels[i]! - value)).toBeLessThanOrEqual(1.001 * Math.abs(scale));
      });
      expect(inside).toBeGreaterThan(0.9 * levels.length);
      map.dispose();
    },
  );
});

describe('run', () => {
  it('takes a normalised tensor and gives what the network gives', async () => {
    const tensor = Float32Array.from({ length: 3 * 64 * 32 }, (_, i) => Math.sin(i));
    const [once, twice] = await Promise.all([model.run(tensor, [1, 3, 64, 32]), model.run(tensor, [1, 3, 64, 32])]);
    expect(once.length).toBe(64 * 32);
    expect(bits(twice)).toBe(bits(once));
    const other = tensor.map((value) => -value);
    const pending = model.run(other, [1, 3, 64, 32]);
    other.fill(0);
    expect(bits(await pending)).not.toBe(bits(once));
    expect(
      bits(
        await model.run(
          tensor.map((value) => -value),
          [1, 3, 64, 32],
        ),
      ),
    ).toBe(bits(await pending));
  });

  it.each([
    [[1, 3, 64, 64], 5, 'TENSOR_SHAPE'],
    [[2, 3, 32, 32], 3 * 32 * 32, 'TENSOR_SHAPE'],
    [[1, 1, 32, 32], 32 * 32, 'TENSOR_SHAPE'],
    [[1, 3, -32, -32], 3 * 32 * 32, 'TENSOR_SHAPE'],
    [[1, 3, 0.5, 64], 96, 'TENSOR_SHAPE'],
    [[1, 3, 33, 32], 3 * 33 * 32, 'SHAPE_MISMATCH'],
    [[1, 3, 96, 33], 3 * 96 * 33, 'SHAPE_MISMATCH'],
    [[1, 3, 64, 48], 3 * 64 * 48, 'SHAPE_MISMATCH'],
    [[1, 3, 40, 40], 3 * 40 * 40, 'SHAPE_MISMATCH'],
  ] as const)('refuses %j of %i values', async (shape, length, code) => {
    expect((await rejection(model.run(new Float32Array(length), [...shape]))).code).toBe(code);
  });

  it.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('refuses %f, and says where and how often', async (value, text) => {
    const tensor = new Float32Array(3 * 32 * 32).fill(0.5);
    for (const at of [1234, 2000]) tensor[at] = value;
    const error = await rejection(model.run(tensor, [1, 3, 32, 32]));
    expect(error).toMatchObject({ name: 'UsageError', code: 'TENSOR_NON_FINITE', actual: { index: 1234, count: 2 } });
    expect(error.message).toContain(`2 values that are not finite; the first is ${text} at index 1234`);
  });
});

describe('stream', () => {
  it('gives a map for each picture of a sequence', async () => {
    async function* pictures() {
      for (const name of 'abc') yield picture(name);
    }
    const seen = [];
    for await (const map of model.stream(pictures(), SMALL)) {
      seen.push(bits(await map.read()));
      map.dispose();
    }
    expect(seen).toEqual([
      await bitsOf(model, picture('a')),
      await bitsOf(model, picture('b')),
      await bitsOf(model, picture('c')),
    ]);
  });
});

describe('memory and profile', () => {
  it('tell the bytes at hand', async () => {
    await bitsOf(model, picture('a'));
    const { weights, activations, lowerBound } = await model.memory();
    expect(weights).toBeGreaterThan(100_000);
    expect(activations).toBeGreaterThanOrEqual(lowerBound);
    expect(faulty.held.bytes).toBeGreaterThanOrEqual(weights + activations);
  });

  it('time every dispatch, or say that the device cannot', async () => {
    const steps = await model.profile({ width: 64, height: 48 }, SMALL);
    expect(steps.length).toBeGreaterThan(50);
    expect(steps.every(({ milliseconds, flops, op }) => milliseconds >= 0 && flops >= 0 && op.length > 0)).toBe(true);
    expect(steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0)).toBeGreaterThan(0);
    const plain = new FaultyDevice((await testGpu()).device, { without: ['timestamp-query'] });
    const untimed = await loadDepthModel(tinyMidas(), { device: plain.device, cache: false });
    expect((await rejection(untimed.profile({ width: 64, height: 48 }))).code).toBe('GPU_NO_TIMESTAMPS');
    untimed.dispose();
  });
});
