import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthMap, type DepthModel } from '../../../src/index.js';
import { TextureUsage } from '../../../src/gpu/buffers.js';
import { FaultyDevice, FaultyGpu } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { sourceTexture } from './host_objects.js';
import { picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let faulty: FaultyDevice;
beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
});
afterEach(() => {
  expect(faulty.uncaptured).toEqual([]);
});

const load = (device = faulty.device) =>
  loadDepthModel(tinyMidas(), { device, cache: false, tuning: 'off', precision: 'f32' });
const DISPOSED = { name: 'DisposedError', code: 'DISPOSED' };
const EMPTY = { buffers: 0, textures: 0, bytes: 0 };

/** How long what is under way may take to end; a loaded machine compiles for seconds. */
const PATIENCE = { timeout: 5000, interval: 5 };

/** Expects that nothing is held once what is under way has ended. */
const expectFreed = (when = 'at the end', but = EMPTY) =>
  vi.waitFor(() => expect(faulty.held, when).toEqual(but), PATIENCE);

/** Lets everything that is under way end. */
const settle = (milliseconds = 50) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('DepthModel.dispose', () => {
  it('can be called any number of times, and frees everything', async () => {
    const model = await load();
    (await model.estimate(picture('a'), SMALL)).dispose();
    expect(faulty.held.buffers).toBeGreaterThan(150);
    for (let i = 0; i < 10; i++) model.dispose();
    await Promise.all([1, 2, 3].map(async () => model.dispose()));
    await expectFreed();
    expect(faulty.destroyed).toBe(false);
    expect(faulty.calls.has('destroy')).toBe(false);
    expect(faulty.calls.has('addEventListener')).toBe(false);
  });

  it('makes every method reject with DISPOSED', async () => {
    const model = await load();
    model.dispose();
    const texture = faulty.device.createTexture({ size: [64, 48], format: 'rgba8unorm', usage: 4 });
    const calls: Record<string, () => Promise<unknown>> = {
      estimate: () => model.estimate(picture('a')),
      blob: () => model.estimate(new Blob([])),
      encode: () => model.encode(faulty.device.createCommandEncoder(), { source: texture, target: texture }),
      stream: () =>
        model
          .stream(
            (async function* () {
              yield picture('a');
            })(),
          )
          .next(),
      run: () => model.run(new Float32Array(3 * 32 * 32), [1, 3, 32, 32]),
      profile: () => model.profile({ width: 64, height: 48 }),
      memory: () => model.memory(),
    };
    for (const [name, call] of Object.entries(calls)) expect(await rejection(call()), name).toMatchObject(DISPOSED);
    expect(model.info.name).toBe('midas-v2.1-small');
    texture.destroy();
  });

  it('rejects a first estimate and a run while their programs are compiled', async () => {
    const model = await load();
    const pending = [
      model.estimate(picture('a'), SMALL),
      model.estimate(picture('b', 70), SMALL),
      model.run(new Float32Array(3 * 32 * 32), [1, 3, 32, 32]),
    ];
    model.dispose();
    for (const call of pending) expect(await rejection(call)).toMatchObject(DISPOSED);
    await expectFreed();
  });

  it('rejects estimates that are submitted', async () => {
    const model = await load();
    (await model.estimate(picture('a'), SMALL)).dispose();
    const pending = Array.from({ length: 8 }, () => model.estimate(picture('a'), SMALL));
    model.dispose();
    for (const call of pending) expect(await rejection(call)).toMatchObject(DISPOSED);
    await expectFreed();
  });

  it('at every turn of an estimate leaves nothing behind and nothing hanging', async () => {
    let delivered = 0;
    for (let turns = 0; turns < 36; turns++) {
      const model = await load();
      const pending = model.estimate(picture('a'), SMALL).then(
        (map) => {
          delivered++;
          map.dispose();
        },
        (error: unknown) => expect(error).toMatchObject(DISPOSED),
      );
      for (let i = 0; i < turns; i++)
        await (i % 2 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
      model.dispose();
      await pending;
      await expectFreed(`after ${turns} turns`);
    }
    expect(delivered).toBeLessThan(36);
    expect(delivered, 'the last turns are after the end').toBeGreaterThan(0);
  });

  it.each([
    ['that renders', 'r16float', TextureUsage.RENDER_ATTACHMENT, 'rgba8unorm', undefined],
    [
      'that takes values and copies its source',
      'rgba32float',
      TextureUsage.STORAGE_BINDING,
      'rgba8unorm-srgb',
      { min: 0, max: 1 },
    ],
  ] as const)('at any turn of a first encode %s leaves nothing behind', async (_, format, usage, read, given) => {
    const source = sourceTexture(faulty.device, 'a', read);
    const target = faulty.device.createTexture({ size: [64, 48], format, usage });
    const before = faulty.held;
    let recorded = 0;
    for (let turns = 0; turns < 45; turns += 3) {
      const model = await load();
      const targets = { source, target, ...(given && { range: given }), ...SMALL };
      const pending = model.encode(faulty.device.createCommandEncoder(), targets).then(
        () => void recorded++,
        (error: unknown) => expect(error).toMatchObject(DISPOSED),
      );
      for (let i = 0; i < turns; i++)
        await (i % 2 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
      model.dispose();
      await pending;
      await expectFreed(`after ${turns} turns`, before);
    }
    expect(recorded).toBeLessThan(15);
    expect(recorded, 'the last turns are after the end').toBeGreaterThan(0);
    for (const texture of [source, target]) texture.destroy();
  });

  it('of one of two models on a device leaves the other', async () => {
    const [one, other] = [await load(), await load()];
    await Promise.all([one, other].map(async (model) => (await model.estimate(picture('a'), SMALL)).dispose()));
    const map = await other.estimate(picture('a'), SMALL);
    const pending = other.estimate(picture('b'), SMALL);
    one.dispose();
    (await pending).dispose();
    (await other.estimate(picture('c', 80), SMALL)).dispose();
    expect((await map.read()).length).toBe(64 * 48);
    other.dispose();
    expect((await map.read()).length).toBe(64 * 48);
    map.dispose();
    await expectFreed();
  });

  it('twenty times over holds no more than once', async () => {
    for (let i = 0; i < 20; i++) {
      const model = await load();
      (await model.estimate(picture('a'), SMALL)).dispose();
      model.dispose();
      await expectFreed();
    }
  });

  it('destroys a device that was made for the model, surfacing nothing', async () => {
    const made = new FaultyGpu((await nullGpu()).device);
    const model = await loadDepthModel(tinyMidas(), { gpu: made.gpu, cache: false, tuning: 'off', precision: 'f32' });
    const map = await model.estimate(picture('a'), SMALL);
    const [estimate, read] = [model.estimate(picture('a'), SMALL), map.range()];
    model.dispose();
    expect(await rejection(estimate)).toMatchObject(DISPOSED);
    expect(await rejection(read)).toMatchObject(DISPOSED);
    expect(await rejection(map.read())).toMatchObject(DISPOSED);
    expect(made.last.destroyed).toBe(true);
    expect(made.devices.length).toBe(1);
    await settle();
    expect(made.last.uncaptured).toEqual([]);
  });
});

describe('sizes', () => {
  it('past those kept are freed: the ledger does not grow', async () => {
    const model = await load();
    const held = [];
    for (let i = 0; i < 12; i++) {
      (await model.estimate(picture('a', 40 + (i % 6)), SMALL)).dispose();
      held.push(faulty.held.bytes);
    }
    await settle();
    expect(Math.max(...held.slice(6))).toBeLessThanOrEqual(Math.max(...held.slice(0, 6)));
    model.dispose();
  });
});

describe('a size in use', () => {
  it('is not freed while its estimate waits, whatever other sizes come and go', async () => {
    const model = await load();
    for (let i = 0; i < 5; i++) (await model.estimate(picture('a', 50 + i), SMALL)).dispose();
    faulty.arm('popErrorScope', 1, 'late');
    const pending = model.estimate(picture('a', 60), SMALL);
    for (let i = 0; i < 5; i++) (await model.estimate(picture('a', 50 + i), SMALL)).dispose();
    const map = await pending;
    expect(map.width).toBe(60);
    map.dispose();
    model.dispose();
  });
});

describe('DepthMap.dispose', () => {
  let model: DepthModel;
  let map: DepthMap;
  beforeEach(async () => {
    model = await load();
    map = await model.estimate(picture('a'), SMALL);
  });
  afterEach(async () => {
    model.dispose();
    await expectFreed();
  });

  const methods: Record<string, (map: DepthMap) => Promise<unknown>> = {
    read: (m) => m.read(),
    range: (m) => m.range(),
    texture: (m) => m.texture(),
    'texture r32float': (m) => m.texture('r32float'),
    colors: (m) => m.colors(),
    'toBlob png': (m) => m.toBlob('png'),
    'toBlob npy': (m) => m.toBlob('npy'),
  };

  it.each(Object.entries(methods))('makes %s reject, before and during', async (_, call) => {
    const pending = [call(map), call(map)];
    map.dispose();
    for (const each of pending) expect(await rejection(each)).toMatchObject(DISPOSED);
    expect(await rejection(call(map))).toMatchObject(DISPOSED);
    map.dispose();
    expect(() => map.buffer).toThrow(expect.objectContaining(DISPOSED));
    expect(map.width).toBe(64);
  });

  it.each(Object.entries(methods))('at any turn of %s leaves nothing behind', async (_, call) => {
    for (let turns = 0; turns < 25; turns++) {
      const each = await model.estimate(picture('a'), SMALL);
      const pending = call(each).catch((error: unknown) => expect(error).toMatchObject(DISPOSED));
      for (let i = 0; i < turns; i++)
        await (i % 2 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
      each.dispose();
      await pending;
    }
    map.dispose();
  });

  it('frees its textures, and one texture a format serves every call', async () => {
    const [a, b, c] = await Promise.all([map.texture(), map.texture(), map.texture('r32float')]);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    const before = faulty.held.textures;
    map.dispose();
    await vi.waitFor(() => expect(faulty.held.textures).toBe(before - 2), PATIENCE);
  });
});
