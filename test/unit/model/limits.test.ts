import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/index.js';
import { checkLimits } from '../../../src/graph/limits.js';
import { planSlots } from '../../../src/graph/plan.js';
import { FaultyDevice, FaultyGpu } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { frameGraph, type FrameOptions } from './frame_graph.js';
import { picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

/** WebGPU's default limits, below which no device is. */
const DEFAULTS = { maxStorageBufferBindingSize: 134_217_728, maxBufferSize: 268_435_456, maxTextureDimension2D: 8192 };
const MIB = 2 ** 20;

function plan(model: string, checkpoint: string, options: FrameOptions) {
  const { graph, depth, geometry } = frameGraph(model, checkpoint, options);
  checkLimits(graph, DEFAULTS);
  const { bytes, lowerBound, slots } = planSlots(graph, [depth]);
  const { width, height } = geometry.network;
  console.log(
    `${model} at ${width}×${height} ${options.storage ?? 'f32'}: plan ${(bytes / MIB).toFixed(1)} MiB, lower ` +
      `bound ${(lowerBound / MIB).toFixed(1)} MiB, largest slot ${(Math.max(...slots) / MIB).toFixed(1)} MiB`,
  );
  return { bytes, lowerBound };
}

describe('models on a device with the default limits', () => {
  const square = { picture: { width: 518, height: 518 } };
  const wide = { picture: { width: 640, height: 480 } };
  it.each<[string, string, string, FrameOptions, number]>([
    ['large at 518×518', 'depth-anything-v2-large', 'depth-anything-large', square, 86],
    ['large at 518×518 in f16', 'depth-anything-v2-large', 'depth-anything-large', { ...square, storage: 'f16' }, 65],
    ['large at 686×518', 'depth-anything-v2-large', 'depth-anything-large', wide, 114],
    ['base at 686×518', 'depth-anything-v2-base', 'depth-anything-base', wide, 57],
    ['small at 518×518', 'depth-anything-v2-small', 'depth-anything-small', square, 22],
    ['small at 1036×1036', 'depth-anything-v2-small', 'depth-anything-small', { ...square, inputSize: 1036 }, 86],
    ['MiDaS small at 256×192', 'midas-v2.1-small', 'midas-v2.1-small', wide, 9],
  ])('%s plans, and takes no more than it did', (_, model, checkpoint, options, most) => {
    const { bytes, lowerBound } = plan(model, checkpoint, options);
    expect(lowerBound).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThanOrEqual(lowerBound);
    expect(bytes).toBeLessThanOrEqual(most * MIB);
  });

  it('a size that does not fit is refused with tensor, limit and both numbers', () => {
    const { graph } = frameGraph('depth-anything-v2-small', 'depth-anything-small', { ...square, inputSize: 3010 });
    expect(() => checkLimits(graph, DEFAULTS)).toThrow(
      expect.objectContaining({ code: 'LIMIT_BINDING', limit: 'maxStorageBufferBindingSize', expected: 134_217_728 }),
    );
  });
});

/** Calls that make or send anything. */
const gpuWork = (faulty: FaultyDevice) =>
  [...faulty.calls.keys()].filter((name) => /^(create|submit|write)/.test(name));

describe('an estimate over a limit', () => {
  it.each([
    [
      'a tensor over the binding limit',
      { maxStorageBufferBindingSize: 65_536 },
      picture('a', 64, 64),
      { inputSize: 512 },
      { code: 'LIMIT_BINDING', limit: 'maxStorageBufferBindingSize', expected: 65_536 },
    ],
    [
      'a tensor over the buffer limit',
      { maxBufferSize: 65_536 },
      picture('a', 64, 64),
      { inputSize: 512 },
      { code: 'LIMIT_BINDING', limit: 'maxBufferSize', expected: 65_536 },
    ],
    [
      'a picture over the texture limit',
      { maxTextureDimension2D: 128 },
      picture('a', 129, 100),
      SMALL,
      { code: 'LIMIT_TEXTURE', limit: 'maxTextureDimension2D', expected: 128, actual: 129 },
    ],
    [
      'a network input over the side limit',
      {},
      picture('a', 100, 10),
      { inputSize: 8224, square: true },
      { code: 'LIMIT_INPUT', limit: 'maxSide', expected: 8192, actual: 8224 },
    ],
    [
      'a network input over the side the caller set',
      {},
      picture('a', 64, 64),
      { inputSize: 128, maxSide: 96 },
      { code: 'LIMIT_INPUT', expected: 96, actual: 128 },
    ],
  ] as const)('%s is refused before any GPU work', async (_, limits, source, options, error) => {
    const faulty = new FaultyDevice((await nullGpu()).device, { limits });
    const model = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, tuning: 'off' });
    faulty.calls.clear();
    const found = await rejection(model.estimate(source, options));
    expect(found).toMatchObject({ name: 'LimitError', retryable: false, ...error });
    for (const number of [(error as { expected: number }).expected, (found as unknown as { actual: number }).actual])
      expect(found.message).toContain(String(number));
    expect(found.hint).toBeTruthy();
    expect(gpuWork(faulty)).toEqual([]);
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
    expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
  });

  it('of a thin picture is refused where the rule covers the target: 10,000×1 and 1×10,000', () => {
    for (const thin of [
      { width: 10_000, height: 1 },
      { width: 1, height: 10_000 },
    ]) {
      expect(() => frameGraph('depth-anything-v2-small', 'depth-anything-small', { picture: thin })).toThrow(
        expect.objectContaining({ name: 'LimitError', code: 'LIMIT_INPUT', actual: 5_180_000 }),
      );
    }
  });
});

describe('a GPU that is not there or lacks something', () => {
  const bytes = tinyMidas();

  it('without navigator.gpu: GPU_UNAVAILABLE with the reason', async () => {
    expect(await rejection(loadDepthModel(bytes, { cache: false }))).toMatchObject({
      name: 'GpuUnavailableError',
      code: 'GPU_UNAVAILABLE',
      message: expect.stringContaining('navigator.gpu'),
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['null', async () => null],
    ['a rejection', () => Promise.reject(new Error('no luck'))],
  ])('with %s for an adapter: GPU_NO_ADAPTER', async (_, requestAdapter) => {
    expect(
      await rejection(loadDepthModel(bytes, { gpu: { requestAdapter } as unknown as GPU, cache: false })),
    ).toMatchObject({ name: 'GpuUnavailableError', code: 'GPU_NO_ADAPTER' });
  });

  it('with an adapter that gives no device: GPU_NO_DEVICE', async () => {
    const { device } = await nullGpu();
    const requestDevice = () => Promise.reject(new Error('limits'));
    const gpu = {
      requestAdapter: async () => ({
        features: device.features,
        limits: device.limits,
        info: device.adapterInfo,
        requestDevice,
      }),
    };
    expect(await rejection(loadDepthModel(bytes, { gpu: gpu as unknown as GPU, cache: false }))).toMatchObject({
      code: 'GPU_NO_DEVICE',
      message: expect.stringContaining('limits'),
    });
  });

  it('asks for no feature and no limit beyond the adapter', async () => {
    const { device } = await nullGpu();
    const asked: GPUDeviceDescriptor[] = [];
    const faulty = new FaultyDevice(device);
    const adapter = {
      features: new Set(['shader-f16']),
      limits: device.limits,
      info: {},
      requestDevice: async (descriptor: GPUDeviceDescriptor) => (asked.push(descriptor), faulty.device),
    };
    const model = await loadDepthModel(bytes, {
      gpu: { requestAdapter: async () => adapter } as unknown as GPU,
      cache: false,
      tuning: 'off',
    });
    expect(asked.map(({ requiredFeatures }) => requiredFeatures)).toEqual([['shader-f16']]);
    for (const [name, value] of Object.entries(asked[0]!.requiredLimits!))
      expect(value, name).toBe(device.limits[name as 'maxBufferSize']);
    model.dispose();
  });

  it('f16 asked for without shader-f16: GPU_NO_F16, and auto falls back', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device, { without: ['shader-f16'] });
    expect(await rejection(loadDepthModel(bytes, { gpu: faulty.gpu, cache: false, precision: 'f16' }))).toMatchObject({
      name: 'GpuUnavailableError',
      code: 'GPU_NO_F16',
      expected: 'shader-f16',
    });
    expect(faulty.last.destroyed).toBe(true);
    const model = await loadDepthModel(bytes, { gpu: faulty.gpu, cache: false, tuning: 'off', precision: 'auto' });
    expect(model.info.precision).toBe('f32');
    model.dispose();
  });

  it('a precision that is none: OPTION_PRECISION', async () => {
    const { device } = await nullGpu();
    expect(await rejection(loadDepthModel(bytes, { device, cache: false, precision: 'f64' as 'f32' }))).toMatchObject({
      name: 'UsageError',
      code: 'OPTION_PRECISION',
    });
  });
});
