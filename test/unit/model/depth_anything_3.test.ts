import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BufferUsage, readBuffer, TextureUsage } from '../../../src/gpu/buffers.js';
import { loadDepthModel, type DepthModel } from '../../../src/index.js';
import { seededCheckpoint, seededInput } from '../../../truth/seeded_weights.js';
import { testGpu } from '../../gpu.js';
import { checkpointTensors, fixtures, recordedStages } from '../../models/fixtures.js';
import { frameGraph } from './frame_graph.js';
import { picture, rejection } from './pictures.js';
import { tinyDepthAnything3 } from './tiny_depth_anything_3.js';

let device: GPUDevice;
const load = (weights: Uint8Array, model?: string): Promise<DepthModel> =>
  loadDepthModel(weights, { device, cache: false, precision: 'f32', ...(model === undefined ? {} : { model }) });
/** A picture of 4:3, made small for the network. */
const photo = picture('photo', 112, 84);
const SIZES = { inputSize: 56, size: 'network' } as const;

beforeAll(async () => {
  device = (await testGpu()).device;
});

describe('Depth Anything 3 metric', () => {
  let model: DepthModel;
  beforeAll(async () => (model = await load(tinyDepthAnything3(), 'da3metric-large')));
  afterAll(() => model.dispose());

  it('is told from mono by its name alone', async () => {
    expect(await rejection(load(tinyDepthAnything3()))).toMatchObject({
      code: 'MODEL_AMBIGUOUS',
      expected: ['depth-anything-3-mono-large', 'depth-anything-3-metric-large'],
    });
    expect(model.info).toMatchObject({ name: 'depth-anything-3-metric-large', kind: 'metric', unit: 'metre' });
  });

  it('asks for a focal length where none is known, and refuses one that is none', async () => {
    const error = await rejection(model.estimate(photo, SIZES));
    expect(error).toMatchObject({ name: 'UsageError', code: 'OPTION_FOCAL_LENGTH' });
    expect(error.hint).toContain('--focal-length');
    for (const focalLength of [0, -50, NaN, Infinity])
      expect(await rejection(model.estimate(photo, { ...SIZES, focalLength }))).toMatchObject({
        code: 'OPTION_FOCAL_LENGTH',
        actual: focalLength,
      });
  });

  it('gives metres: what the network gives, times the focal length in pixels of its input, over 300', async () => {
    const mono = await load(tinyDepthAnything3(), 'depth-anything-3-mono-large');
    const raw = await mono.estimate(photo, SIZES);
    expect(raw.kind).toBe('relative');
    const map = await model.estimate(photo, { ...SIZES, focalLength: 96 });
    expect([map.width, map.height]).toEqual([56, 42]);
    const [metres, values] = [await map.read(), await raw.read()];
    const factor = (96 * 0.5) / 300;
    metres.forEach((value, i) => expect(value / factor).toBeCloseTo(values[i] as number, 4));
    mono.dispose();
  });

  it('takes the focal length of a picture in memory, and the option before it', async () => {
    const plain = await model.estimate(photo, { ...SIZES, focalLength: 96 });
    const known = await model.estimate({ ...photo, focalLength: 96 }, SIZES);
    expect(await known.read()).toEqual(await plain.read());
    const other = await model.estimate({ ...photo, focalLength: 500 }, { ...SIZES, focalLength: 96 });
    expect(await other.read()).toEqual(await plain.read());
  });

  it('keeps the focal lengths of runs at once apart', async () => {
    const maps = await Promise.all(
      [50, 100, 200].map((focalLength) => model.estimate(photo, { ...SIZES, focalLength })),
    );
    const [a, b, c] = (await Promise.all(maps.map((map) => map.read()))).map((values) => values[7] as number);
    expect(b! / a!).toBeCloseTo(2, 5);
    expect(c! / a!).toBeCloseTo(4, 5);
  });

  it('makes no buffer for the focal length of a run whose size and camera are those of the last', async () => {
    const options = { ...SIZES, focalLength: 77 };
    (await model.estimate(photo, options)).dispose();
    const made = vi.spyOn(device, 'createBuffer');
    const factors = () => made.mock.calls.filter(([{ label }]) => label === 'factor to metres').length;
    for (let run = 0; run < 3; run++) (await model.estimate(photo, options)).dispose();
    expect(made.mock.calls.length).toBeGreaterThan(0);
    expect(factors()).toBe(0);
    (await model.estimate(photo, { ...options, focalLength: 78 })).dispose();
    expect(factors()).toBe(1);
    made.mockRestore();
  });

  it('keeps the focal lengths of two encodes into one encoder apart', async () => {
    const [width, height] = [112, 84];
    const usage = TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_DST;
    const source = device.createTexture({ size: [width, height], format: 'rgba8unorm', usage });
    const texels = Uint8Array.from({ length: 4 * width * height }, (_, i) => (i * 37) % 251);
    device.queue.writeTexture({ texture: source }, texels, { bytesPerRow: 4 * width }, [width, height]);
    const bytes = 4 * width * height;
    const targets = [1, 2].map(() =>
      device.createBuffer({ size: bytes, usage: BufferUsage.COPY_DST | BufferUsage.COPY_SRC }),
    );
    const encoder = device.createCommandEncoder();
    for (const [i, target] of targets.entries())
      await model.encode(encoder, { source, target, inputSize: 56, focalLength: 50 * (i + 1) });
    device.queue.submit([encoder.finish()]);
    const maps = await Promise.all(targets.map((target) => readBuffer(device, target, bytes)));
    const [a, b] = maps.map((map) => new Float32Array(map)[7] as number);
    expect(a).toBeGreaterThan(0);
    expect(b! / a!).toBeCloseTo(2, 5);
    for (const made of [source, ...targets]) made.destroy();
  });

  it('gives the sky beside the depth, of its size, until the map is disposed of', async () => {
    const map = await model.estimate(photo, { inputSize: 56, focalLength: 96 });
    expect(map.confidence).toBeUndefined();
    expect(await map.fieldOfView()).toBeUndefined();
    const { sky } = map;
    expect([sky?.width, sky?.height]).toEqual([112, 84]);
    const values = (await sky!.read()) as Float32Array;
    expect(values.length).toBe(112 * 84);
    expect(values.every((value) => value >= 0)).toBe(true);
    expect(new Set(values).size).toBeGreaterThan(100);
    map.dispose();
    expect(await rejection(sky!.read())).toMatchObject({ code: 'DISPOSED' });
  });
});

describe('Depth Anything 3 small', () => {
  const name = 'depth-anything-3-small-126x98';
  let model: DepthModel;
  beforeAll(async () => {
    model = await load(seededCheckpoint(checkpointTensors('depth-anything-3-small')));
  });
  afterAll(() => model.dispose());

  it('computes what the published code computes, from its file alone', async () => {
    expect(model.info).toMatchObject({ name: 'depth-anything-3-small', kind: 'relative', nearer: 'smaller' });
    const { input, width, height, stages } = fixtures()[name]!;
    const depth = await model.run(seededInput(input, height, width), [1, 3, height, width]);
    const { min, max } = stages['output']!;
    const expected = recordedStages(name).get('output')!;
    expect(depth.length).toBe(expected.length);
    const worst = depth.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
    expect(worst / (max - min)).toBeLessThanOrEqual(2e-5);
  });

  it('gives its confidence beside the depth, 0 to 1, and no sky', async () => {
    const map = await model.estimate(photo, SIZES);
    expect(map.sky).toBeUndefined();
    const values = (await map.confidence!.read()) as Float32Array;
    expect(values.length).toBe(56 * 42);
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
    const asked = await model.estimate(photo, { ...SIZES, confidence: true });
    expect(await asked.confidence!.read()).toEqual(values);
    asked.dispose();
    expect(new Set(values).size).toBeGreaterThan(100);
    map.dispose();
  });

  it('gives the degrees from side to side, one number whatever the size of the map is', async () => {
    const map = await model.estimate(photo, SIZES);
    const degrees = (await map.fieldOfView()) as number;
    expect(degrees).toBeGreaterThan(10);
    expect(degrees).toBeLessThan(170);
    const other = await model.estimate(picture('other', 112, 84), SIZES);
    expect(await other.fieldOfView()).not.toBe(degrees);
    other.dispose();
    const large = await model.estimate(photo, { inputSize: 56 });
    expect([large.width, await large.fieldOfView()]).toEqual([112, degrees]);
    large.dispose();
    map.dispose();
    expect(await rejection(map.fieldOfView())).toMatchObject({ code: 'DISPOSED' });
  });

  it('gives the same degrees where the picture is asked about flipped as well', async () => {
    const weights = seededCheckpoint(checkpointTensors('depth-anything-3-small'));
    const options = { device, cache: false, precision: 'f32', flipAverage: true } as const;
    const [map, plain] = await Promise.all([
      loadDepthModel(weights, options).then((flipping) => flipping.estimate(photo, SIZES)),
      model.estimate(photo, SIZES),
    ]);
    expect(await map.fieldOfView()).toBeCloseTo((await plain.fieldOfView()) as number, 4);
    expect(await map.read()).not.toEqual(await plain.read());
  });

  it('gives the same maps, and no degrees, of a file without the decoder of cameras', async () => {
    const tensors = checkpointTensors('depth-anything-3-small').filter(({ name }) => !name.includes('cam_dec'));
    const onWarning = vi.fn();
    const options = { device, cache: false, precision: 'f32', onWarning } as const;
    const without = await loadDepthModel(seededCheckpoint(tensors), options);
    const [map, whole] = [await without.estimate(photo, SIZES), await model.estimate(photo, SIZES)];
    expect(await map.fieldOfView()).toBeUndefined();
    expect(await map.read()).toEqual(await whole.read());
    expect(await map.confidence!.read()).toEqual(await whole.confidence!.read());
    const [more, fewer] = await Promise.all([model, without].map((each) => each.plan(photo, SIZES)));
    expect(more!.dispatches - fewer!.dispatches).toBe(4);
    // Two rows of 2·384 values, the degrees, and what alignment adds.
    expect(more!.activations - fewer!.activations).toBeLessThan(8192);
    expect(more!.weights - fewer!.weights).toBe(4 * (2 * 768 * 769 + 4 * 769));
    expect(onWarning).not.toHaveBeenCalled();
    without.dispose();
  });

  it('estimates no degrees where only the depth is asked for: their row alone is put aside', () => {
    const { graph } = frameGraph('depth-anything-3-small', 'depth-anything-3-small');
    expect(graph.nodes.length).toBeGreaterThan(100);
    const camera = graph.nodes.filter(({ label }) => label === 'camera').map(({ op }) => op.name);
    expect(camera).toEqual(['row_pair']);
  });
});
