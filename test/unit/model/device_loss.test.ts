import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type DepthMap } from '../../../src/index.js';
import { nodeGpu } from '../../../src/node/gpu.js';
import { FaultyDevice, FaultyGpu } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import type { Warning } from '../../../src/warnings.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { bitsOf, firstBytes, grey, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

const OWN = { name: 'DeviceLostError', code: 'DEVICE_LOST', retryable: true };
const ADOPTED = { name: 'DeviceLostError', code: 'DEVICE_LOST', retryable: false };

async function owned(real: Promise<{ device: GPUDevice }>) {
  const faulty = new FaultyGpu((await real).device);
  return {
    faulty,
    model: await loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' }),
  };
}

/** The call, which must settle within a second. */
function soon(work: Promise<unknown>): Promise<unknown> {
  return Promise.race([
    work,
    new Promise((_, reject) => setTimeout(reject, 1000, new Error('did not settle within a second'))),
  ]);
}

/** Lets the news of a loss get round: a call in the same turn as the loss still finds the old device. */
const news = () => new Promise((resolve) => setImmediate(resolve));

/** The alarm that ends the trying of kernels after 300 ms does not go off. */
const noAlarm = () => vi.useFakeTimers({ toFake: ['setTimeout'] });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a device of our own that is lost', () => {
  it('while idle is made up for: the next call gives the same bits', async () => {
    const { faulty, model } = await owned(testGpu());
    const expected = await bitsOf(model, picture('a'));
    faulty.last.lose();
    await news();
    expect(await bitsOf(model, picture('a'))).toEqual(expected);
    expect(faulty.devices.length).toBe(2);
    expect(faulty.devices[0]!.held.buffers).toBe(0);
    model.dispose();
    expect(faulty.last.destroyed).toBe(true);
  });

  it('is made up for once, whatever number of calls come, and for pixels as they were at the call', async () => {
    const { faulty, model } = await owned(testGpu());
    const expected = await bitsOf(model, picture('a'));
    faulty.last.lose();
    await news();
    const source = picture('a');
    const pending = Array.from({ length: 8 }, () => bitsOf(model, source));
    source.data.fill(0);
    for (const values of await Promise.all(pending)) expect(values).toEqual(expected);
    expect(faulty.devices.length).toBe(2);
    model.dispose();
  });

  it('is made up for in the order of the calls, with a signal or without, though one gives up', async () => {
    const real = testGpu();
    const { faulty, model } = await owned(real);
    await bitsOf(model, picture('a'));
    faulty.last.lose();
    await news();
    const { seen, stop } = firstBytes((await real).device.queue);
    const given = new AbortController();
    const calls = Array.from({ length: 8 }, (_, i) => {
      const { signal } = i === 3 ? given : new AbortController();
      return model.estimate(grey(i), i % 2 ? { ...SMALL, signal } : SMALL);
    });
    given.abort();
    const outcomes = await Promise.allSettled(calls);
    stop();
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(seen).toEqual([0, 1, 2, 4, 5, 6, 7]);
    model.dispose();
  });

  it('really destroyed by the driver is made up for by a real new one', async () => {
    const instance = await nodeGpu();
    const devices: GPUDevice[] = [];
    const gpu = { requestAdapter: async () => ({ ...(await wrapped(instance, devices)) }) } as unknown as GPU;
    const model = await loadDepthModel(tinyMidas(), { gpu, cache: false, precision: 'f32' });
    devices[0]!.destroy();
    await news();
    const values = await bitsOf(model, picture('a'));
    const reference = await loadDepthModel(tinyMidas(), {
      device: (await testGpu()).device,
      cache: false,
      precision: 'f32',
    });
    expect(values).toEqual(await bitsOf(reference, picture('a')));
    expect(devices.length).toBe(2);
    model.dispose();
    reference.dispose();
  });

  it.each([
    ['while programs are compiled', false],
    ['between upload and read', true],
  ])('%s rejects what is pending within a second, and the next call works', async (_, compiled) => {
    const { faulty, model } = await owned(nullGpu());
    if (compiled) (await model.estimate(picture('a'), SMALL)).dispose();
    const pending = [
      model.estimate(picture('a'), SMALL),
      model.estimate(picture('b', 70), SMALL),
      model.run(new Float32Array(3 * 32 * 32), [1, 3, 32, 32]),
    ];
    faulty.last.lose();
    for (const call of pending) expect(await rejection(soon(call))).toMatchObject(OWN);
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
  });

  it.each([
    'submit',
    'mapAsync',
    'createBuffer',
    'createBindGroup',
    'createComputePipelineAsync',
    'createShaderModule',
    'writeTexture',
    'writeBuffer',
    'popErrorScope',
    'onSubmittedWorkDone',
  ])('at a call of %s delivers nothing', async (call) => {
    const { faulty, model } = await owned(nullGpu());
    faulty.last.arm(call, 1, 'lose');
    const work = model.estimate(picture('a'), SMALL).then((map) => Promise.all([map.read(), map.colors()]));
    const outcome = await soon(work).catch((error: unknown) => error);
    expect(faulty.last.pending).toBe(false);
    expect(outcome).toMatchObject(OWN);
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
  });

  it('takes its maps with it, and says so', async () => {
    const { faulty, model } = await owned(nullGpu());
    const map: DepthMap = await model.estimate(picture('a'), SMALL);
    const pending = map.read();
    faulty.last.lose();
    expect(await rejection(soon(pending))).toMatchObject(OWN);
    (await model.estimate(picture('a'), SMALL)).dispose();
    for (const call of [map.read(), map.range(), map.texture(), map.colors()])
      expect(await rejection(soon(call))).toMatchObject(OWN);
    map.dispose();
    model.dispose();
    expect(await rejection(map.read())).toMatchObject({ code: 'DISPOSED' });
  });

  it('a third time within a minute is not made up for; after a minute it is again', async () => {
    const { faulty, model } = await owned(nullGpu());
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    for (let i = 0; i < 2; i++) {
      faulty.last.lose();
      await news();
      (await model.estimate(picture('a'), SMALL)).dispose();
    }
    faulty.last.lose();
    await news();
    for (let i = 0; i < 3; i++)
      expect(await rejection(model.estimate(picture('a'), SMALL))).toMatchObject({ ...ADOPTED, actual: 3 });
    expect(faulty.devices.length).toBe(3);
    now += 60_001;
    (await model.estimate(picture('a'), SMALL)).dispose();
    expect(faulty.devices.length).toBe(4);
    model.dispose();
  });

  it('while the model is loaded rejects the load', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device);
    faulty.onDevice = (device) => device.arm('writeBuffer', 20, 'lose');
    expect(
      await rejection(
        soon(loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' })),
      ),
    ).toMatchObject(OWN);
    expect(faulty.last.destroyed).toBe(true);
  });

  it('by a kernel that was only tried is made up for once, and none are tried on the next', async () => {
    noAlarm();
    const faulty = new FaultyGpu((await nullGpu()).device);
    faulty.onDevice = (device) => faulty.devices.length === 1 && device.arm('submit', 1, 'lose');
    const model = await loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, precision: 'f32' });
    expect(faulty.devices.map(({ destroyed, calls }) => [destroyed, calls.has('submit')])).toEqual([
      [true, true],
      [false, false],
    ]);
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
    faulty.onDevice = (device) =>
      faulty.devices.length === 3 ? device.arm('submit', 1, 'lose') : device.arm('writeBuffer', 20, 'lose');
    expect(
      await rejection(loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, precision: 'f32' })),
    ).toMatchObject(OWN);
    expect(faulty.devices.length).toBe(4);
    expect(faulty.devices.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('as it is handed over is asked for once more, then reported', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device);
    faulty.onDevice = (device) => faulty.devices.length === 1 && device.lose();
    const model = await loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' });
    expect(faulty.devices.length).toBe(2);
    model.dispose();
    faulty.onDevice = (device) => device.lose();
    expect(
      await rejection(loadDepthModel(tinyMidas(), { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'f32' })),
    ).toMatchObject(OWN);
    expect(faulty.devices.length).toBe(4);
  });

  it('cannot be made up for once the model is disposed', async () => {
    const { faulty, model } = await owned(nullGpu());
    faulty.last.lose();
    await news();
    const pending = model.estimate(picture('a'), SMALL);
    model.dispose();
    expect(await rejection(soon(pending))).toMatchObject({ code: 'DISPOSED' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(faulty.devices.every(({ destroyed }) => destroyed)).toBe(true);
    expect(await rejection(model.estimate(picture('a')))).toMatchObject({ code: 'DISPOSED' });
  });

  it('is not waited for by a caller who gives up', async () => {
    const { faulty, model } = await owned(nullGpu());
    faulty.last.lose();
    await news();
    const stop = new AbortController();
    const [given, kept] = [
      model.estimate(picture('a'), { ...SMALL, signal: stop.signal }),
      model.estimate(picture('a'), SMALL),
    ];
    stop.abort();
    expect(await rejection(soon(given))).toMatchObject({ name: 'AbortError' });
    (await kept).dispose();
    model.dispose();
  });
});

describe('an error that no scope catches', () => {
  it('fails every run under way on a device of our own, and only those', async () => {
    const { faulty, model } = await owned(nullGpu());
    const map = await model.estimate(picture('a'), SMALL);
    const tensor = new Float32Array(3 * 32 * 32);
    await model.run(tensor, [1, 3, 32, 32]);
    const pending = [
      ...Array.from({ length: 6 }, () => model.estimate(picture('a'), SMALL)),
      model.estimate(picture('a', 70), SMALL),
      model.run(tensor, [1, 3, 32, 32]),
      map.read(),
      map.colors(),
    ].map((call) => rejection(call));
    faulty.last.blurt('something odd');
    for (const call of pending)
      expect(await call).toMatchObject({
        name: 'InternalError',
        code: 'INTERNAL_VALIDATION',
        message: expect.stringContaining('something odd'),
      });
    (await model.estimate(picture('a'), SMALL)).dispose();
    expect((await map.read()).length).toBe(64 * 48);
    expect(faulty.devices.length).toBe(1);
    model.dispose();
  });

  it('while nothing runs is a warning, and no fault of the runs after it', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device);
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => warnings.push(warning);
    const model = await loadDepthModel(tinyMidas(), {
      gpu: faulty.gpu,
      cache: false,
      precision: 'f32',
      tuning: 'off',
      onWarning,
    });
    const map = await model.estimate(picture('a'), SMALL);
    warnings.length = 0;
    faulty.last.blurt('something odd');
    expect(warnings).toMatchObject([{ code: 'GPU_FAULT', message: expect.stringContaining('something odd') }]);
    for (const call of [map.read(), model.estimate(picture('a'), SMALL), model.estimate(picture('b', 70), SMALL)])
      await call;
    expect(warnings.length).toBe(1);
    model.dispose();
    faulty.last.blurt('after the end');
    expect([warnings.length, faulty.last.listeners]).toEqual([1, 0]);
  });

  it('is none of our business on a device of the caller', async () => {
    const faulty = new FaultyDevice((await nullGpu()).device);
    const model = await loadDepthModel(tinyMidas(), {
      device: faulty.device,
      cache: false,
      tuning: 'off',
      precision: 'f32',
    });
    const pending = model.estimate(picture('a'), SMALL);
    faulty.blurt('something of the caller');
    (await pending).dispose();
    model.dispose();
  });
});

describe('a device of the caller that is lost', () => {
  it.each(['unknown', 'destroyed'] as const)(
    '(%s) rejects with a hint, and is not to be tried again',
    async (reason) => {
      const faulty = new FaultyDevice((await nullGpu()).device);
      const model = await loadDepthModel(tinyMidas(), {
        device: faulty.device,
        cache: false,
        tuning: 'off',
        precision: 'f32',
      });
      const map = await model.estimate(picture('a'), SMALL);
      const pending = [model.estimate(picture('a'), SMALL), map.read()];
      faulty.lose(reason);
      for (const call of pending) expect(await rejection(soon(call))).toMatchObject({ ...ADOPTED, actual: reason });
      const later = await rejection(model.estimate(picture('a'), SMALL));
      expect(later).toMatchObject(ADOPTED);
      expect(later.hint).toContain('new device');
      const encoder = faulty.device.createCommandEncoder();
      const texture = faulty.device.createTexture({ size: [64, 48], format: 'rgba8unorm', usage: 4 });
      expect(await rejection(model.encode(encoder, { source: texture, target: texture }))).toMatchObject(ADOPTED);
      model.dispose();
      expect(faulty.calls.has('destroy')).toBe(false);
    },
  );

  it('by a kernel that was only tried rejects the load', async () => {
    noAlarm();
    const faulty = new FaultyDevice((await nullGpu()).device);
    faulty.arm('submit', 1, 'lose');
    expect(
      await rejection(loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, precision: 'f32' })),
    ).toMatchObject(ADOPTED);
    expect([faulty.pending, faulty.calls.has('destroy')]).toEqual([false, false]);
  });
});

/** An adapter of Dawn that notes the devices it gives. */
async function wrapped(instance: GPU, devices: GPUDevice[]): Promise<Partial<GPUAdapter>> {
  const adapter = (await instance.requestAdapter())!;
  return {
    features: adapter.features,
    limits: adapter.limits,
    info: adapter.info,
    requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
      const device = await adapter.requestDevice(descriptor);
      devices.push(device);
      return device;
    },
  };
}
