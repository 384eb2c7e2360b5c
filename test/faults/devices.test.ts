import { afterEach, describe, expect, it, vi } from 'vitest';
import { adapterName, loadDepthModel, type DepthModel, type LoadOptions } from '../../src/index.js';
import { testGpu } from '../gpu.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { scripted } from '../unit/weights/scripted_source.js';
import { bits, bitsOf, depthOf, picture, rejection, SMALL } from '../unit/model/pictures.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { FaultyDevice, FaultyGpu, type Pretence } from './faulty_device.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
const OPTIONS = { cache: false, tuning: 'off', precision: 'f32' } as const;

const load = (options: LoadOptions): Promise<DepthModel> => loadDepthModel(tinyMidas(), { ...OPTIONS, ...options });
/** Lets the news of a loss get round. */
const news = () => new Promise((resolve) => setImmediate(resolve));

/** The largest difference of two maps, over the range of the second. */
function difference(map: Float32Array, expected: Float32Array): number {
  const range = Math.max(...expected) - Math.min(...expected);
  return Math.max(...map.map((value, i) => Math.abs(value - expected[i]!))) / range;
}

afterEach(() => vi.restoreAllMocks());

describe('a GPU that is gone without a word', () => {
  /** What Chrome says at each call once the process of the GPU has crashed, and Dawn once its instance is gone. */
  const WORDS = ['A valid external Instance reference no longer exists.', 'Instance dropped in popErrorScope'];
  it.each(['mapAsync', 'popErrorScope', 'onSubmittedWorkDone', 'createComputePipelineAsync'])(
    'and says so at %s is lost: the call rejects, and the next one gives the same bits on a new device',
    async (call) => {
      for (const words of WORDS) {
        const faulty = new FaultyGpu((await testGpu()).device);
        const model = await load({ gpu: faulty.gpu });
        const expected = await bitsOf(model, picture('a'));
        faulty.last.words = words;
        faulty.last.arm(call, 1, 'reject');
        const size = call === 'createComputePipelineAsync' ? picture('a', 70) : picture('a');
        const work = model.estimate(size, SMALL).then((map) => Promise.all([map.read(), map.colors()]));
        expect(await rejection(work), words).toMatchObject({
          name: 'DeviceLostError',
          code: 'DEVICE_LOST',
          retryable: true,
          message: expect.stringContaining(words.replace(/\.$/, '')),
        });
        expect(await bitsOf(model, picture('a'))).toBe(expected);
        expect(faulty.devices.length).toBe(2);
        model.dispose();
      }
    },
  );

  it('on a device of the caller is lost for good', async () => {
    const faulty = new FaultyDevice((await nullGpu()).device);
    const model = await load({ device: faulty.device });
    faulty.words = WORDS[0]!;
    faulty.arm('popErrorScope', 1, 'reject');
    const lost = { code: 'DEVICE_LOST', retryable: false };
    expect(await rejection(model.estimate(picture('a'), SMALL))).toMatchObject(lost);
    expect(await rejection(model.estimate(picture('a'), SMALL))).toMatchObject(lost);
    model.dispose();
  });
});

describe('news of a device that was replaced', () => {
  it('come too late to touch the one that took its place', async () => {
    const faulty = new FaultyGpu((await testGpu()).device);
    const model = await load({ gpu: faulty.gpu });
    const expected = await bitsOf(model, picture('a'));
    const old = faulty.last;
    old.arm('onSubmittedWorkDone', 1, 'late');
    const pending = rejection(model.estimate(picture('b'), SMALL));
    old.lose();
    expect(await pending).toMatchObject({ code: 'DEVICE_LOST' });
    const runs = [bitsOf(model, picture('a')), bitsOf(model, picture('a'))];
    await vi.waitFor(() => expect(faulty.devices.length).toBe(2));
    old.blurt('an error of the old device');
    old.lose('destroyed');
    // The old device is done with its run half a second later.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await Promise.all(runs)).toEqual([expected, expected]);
    expect(await bitsOf(model, picture('a'))).toBe(expected);
    expect(faulty.devices.length).toBe(2);
    model.dispose();
  });
});

describe('a machine that slept for 43 hours', () => {
  it('and lost its device meanwhile has it made up for, and no limit of time has run out', async () => {
    const faulty = new FaultyGpu((await testGpu()).device);
    const model = await load({ gpu: faulty.gpu });
    const expected = await bitsOf(model, picture('a'));
    let slept = 0;
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + slept);
    const pending = bitsOf(model, picture('a'));
    slept = 43 * 3_600_000;
    expect(await pending).toBe(expected);
    for (let nights = 1; nights <= 3; nights++) {
      slept += 43 * 3_600_000;
      faulty.last.lose();
      await news();
      expect(await bitsOf(model, picture('a'))).toBe(expected);
      expect(faulty.devices.length).toBe(1 + nights);
    }
    model.dispose();
  });
});

describe('a machine with two GPUs', () => {
  it('is asked for the one that is wanted, and goes on with the other when that is unplugged', async () => {
    const { device } = await testGpu();
    const large = new FaultyGpu(device, { info: { description: 'the large one' } });
    const small = new FaultyGpu(device, {
      info: { description: 'the small one' },
      limits: { maxStorageBufferBindingSize: 65_536 },
      without: ['shader-f16'],
    });
    const asked: unknown[] = [];
    let plugged = large;
    const gpu = {
      requestAdapter: (options: GPURequestAdapterOptions) => {
        asked.push(options.powerPreference);
        return plugged.gpu.requestAdapter(options);
      },
    } as unknown as GPU;
    const model = await load({ gpu, powerPreference: 'low-power' });
    expect(model.info.adapter.description).toBe('the large one');
    const wide = { inputSize: 256 };
    (await model.estimate(picture('a'), wide)).dispose();
    plugged = small;
    large.last.lose();
    await news();
    const values = await depthOf(model, picture('a'));
    expect(model.info.adapter.description).toBe('the small one');
    expect(asked).toEqual(['low-power', 'low-power']);
    const reference = await load({ device });
    expect(bits(values)).toBe(await bitsOf(reference, picture('a')));
    expect(await rejection(model.estimate(picture('a'), wide))).toMatchObject({
      code: 'LIMIT_BINDING',
      expected: 65_536,
    });
    for (const each of [model, reference]) each.dispose();
  });
});

describe('an adapter that promises more memory than there is', () => {
  it('ends the load in GPU_OOM at any buffer, gives the device back, and the next load works', async () => {
    const faulty = new FaultyGpu((await nullGpu()).device, { limits: { maxBufferSize: 2 ** 40 } });
    const model = await load({ gpu: faulty.gpu });
    const count = faulty.last.calls.get('createBuffer')!;
    model.dispose();
    for (let k = 1; k <= count; k += 5) {
      faulty.onDevice = (device) => device.arm('createBuffer', k, 'oom');
      expect(await rejection(load({ gpu: faulty.gpu }))).toMatchObject({
        name: 'OutOfMemoryError',
        code: 'GPU_OOM',
        retryable: true,
        hint: expect.stringContaining('smaller'),
      });
      expect(faulty.last).toMatchObject({ destroyed: true, pending: false, held: EMPTY });
    }
    faulty.onDevice = () => {};
    (await load({ gpu: faulty.gpu })).dispose();
  });

  it('refuses a size, and does a smaller one', async () => {
    const faulty = new FaultyGpu((await testGpu()).device);
    const model = await load({ gpu: faulty.gpu });
    const expected = await bitsOf(model, picture('a'));
    faulty.last.arm('createBuffer', 2, 'oom');
    expect(await rejection(model.estimate(picture('a'), { inputSize: 128 }))).toMatchObject({ code: 'GPU_OOM' });
    expect(await bitsOf(model, picture('a'))).toBe(expected);
    model.dispose();
  });
});

describe('memory', () => {
  it('of an estimate is told before anything of it is allocated, to the byte', async () => {
    const faulty = new FaultyDevice((await testGpu()).device);
    const model = await load({ device: faulty.device });
    const weights = (await model.memory()).weights;
    for (const inputSize of [64, 96, 160]) {
      const before = { held: faulty.held, calls: new Map(faulty.calls) };
      const { activations, lowerBound } = model.plan({ width: 64, height: 48 }, { inputSize });
      expect({ held: faulty.held, calls: faulty.calls }).toEqual(before);
      const active = (await model.memory()).activations;
      (await model.estimate(picture('a'), { inputSize })).dispose();
      expect((await model.memory()).activations - active).toBe(activations);
      expect(faulty.held.bytes - before.held.bytes).toBeGreaterThanOrEqual(activations);
      expect(activations).toBeGreaterThanOrEqual(lowerBound);
    }
    expect((await model.memory()).weights).toBe(weights);
    model.dispose();
  });

  const SIZE = { width: 64, height: 48 };

  it('of weights over the budget is refused before they are downloaded, and before anything is allocated', async () => {
    const file = tinyMidas();
    const free = await load({ device: (await testGpu()).device });
    const { weights } = await free.memory();
    free.dispose();
    for (const short of [1, weights - 1]) {
      const faulty = new FaultyDevice((await testGpu()).device);
      const source = scripted(file, { chunk: 4096, size: file.length });
      const load = loadDepthModel(source, { ...OPTIONS, device: faulty.device, memoryBudget: short });
      expect(await rejection(load)).toMatchObject({
        name: 'LimitError',
        code: 'LIMIT_MEMORY',
        limit: 'memoryBudget',
        expected: short,
        actual: weights,
        message: expect.stringMatching(new RegExp(`${weights} bytes .* ${short}\\.`)),
      });
      expect(source).toMatchObject({ opened: 1, cancelled: true });
      expect(source.given).toBeLessThan(file.length / 2);
      expect(faulty.calls.get('createBuffer')).toBeUndefined();
      expect(faulty.held).toEqual(EMPTY);
    }
    const exact = await load({ device: (await testGpu()).device, memoryBudget: weights });
    exact.dispose();
  });

  it('of a run over the budget is refused before anything is allocated; what fits to the byte runs', async () => {
    const faulty = new FaultyDevice((await testGpu()).device);
    const free = await load({ device: faulty.device });
    const expected = await bitsOf(free, picture('a'));
    const total = (inputSize: number) => {
      const { activations, weights } = free.plan(SIZE, { inputSize });
      return activations + weights;
    };
    const [least, most, over] = [total(64), total(96), total(128)];
    free.dispose();
    const model = await load({ device: faulty.device, memoryBudget: most });
    expect(await bitsOf(model, picture('a'))).toBe(expected);
    const before = { held: faulty.held, made: faulty.calls.get('createBuffer') };
    const refused = { code: 'LIMIT_MEMORY', expected: most, actual: over };
    expect(() => model.plan(SIZE, { inputSize: 128 })).toThrow(expect.objectContaining(refused));
    for (const call of [
      () => model.estimate(picture('a'), { inputSize: 128 }),
      () => model.run(new Float32Array(3 * 128 * 128), [1, 3, 128, 128]),
    ])
      expect(await rejection(call())).toMatchObject({ code: 'LIMIT_MEMORY', expected: most });
    expect({ held: faulty.held, made: faulty.calls.get('createBuffer') }).toEqual(before);
    // Another size that fits takes the place of the one that is idle.
    (await model.estimate(picture('a'), { inputSize: 96 })).dispose();
    const { weights, activations } = await model.memory();
    expect(weights + activations).toBe(most);
    expect(await bitsOf(model, picture('a'))).toBe(expected);
    const after = await model.memory();
    expect(after.weights + after.activations).toBe(least);
    model.dispose();
  });

  it('of two sizes at once is within the budget: the second is refused while the first runs', async () => {
    const { device } = await testGpu();
    const free = await load({ device });
    const { activations, weights } = free.plan(SIZE, { inputSize: 96 });
    free.dispose();
    const model = await load({ device, memoryBudget: weights + activations });
    const first = model.estimate(picture('a'), { inputSize: 96 });
    expect(await rejection(model.estimate(picture('a'), SMALL))).toMatchObject({ code: 'LIMIT_MEMORY' });
    (await first).dispose();
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
  });

  it.each([0, -1, NaN, Infinity, '1 GB'])('budget of %s is no number of bytes', async (memoryBudget) => {
    const { device } = await nullGpu();
    expect(await rejection(load({ device, memoryBudget } as LoadOptions))).toMatchObject({
      code: 'OPTION_MEMORY_BUDGET',
    });
  });
});

describe('an adapter that is a CPU', () => {
  it('runs, and is called software wherever it is named', async () => {
    const { device } = await testGpu();
    for (const info of [
      { isFallbackAdapter: true, description: 'an adapter' },
      { description: 'SwiftShader Device' },
    ]) {
      const faulty = new FaultyGpu(device, { info });
      const model = await load({ gpu: faulty.gpu });
      expect(model.info.adapter).toMatchObject({ software: true, description: info.description });
      expect(adapterName(model.info.adapter)).toBe(`${info.description} (software)`);
      (await model.estimate(picture('a'), SMALL)).dispose();
      model.dispose();
    }
  });
});

describe('subgroups', () => {
  const claims = (min: number, max = min): Pretence => ({ info: { subgroupMinSize: min, subgroupMaxSize: max } });
  it('that are absent, or of no one size, change results within rounding only', async () => {
    const { device } = await testGpu();
    const own = await load({ device });
    const expected = await depthOf(own, picture('a'));
    own.dispose();
    for (const pretence of [{ without: ['subgroups'] }, claims(4, 128), claims(8, 16)]) {
      const model = await load({ device: new FaultyDevice(device, pretence).device });
      expect(difference(await depthOf(model, picture('a')), expected)).toBeLessThan(1e-5);
      model.dispose();
    }
  });

  it.each([4, 8, 16, 32, 64, 128])('of %i compile every kernel that is chosen for them', async (size) => {
    const { device } = await nullGpu();
    for (const description of ['llvmpipe', 'a GPU']) {
      const faulty = new FaultyDevice(device, { info: { ...claims(size).info, description } });
      const model = await load({ device: faulty.device });
      expect(model.info.kernels.dropped).toEqual({});
      (await model.estimate(picture('a'), SMALL)).dispose();
      model.dispose();
    }
  });
});

describe('a driver that fails at a kernel', () => {
  it('has another do its work, and the map is the same within rounding', async () => {
    const { device } = await testGpu();
    const own = await load({ device });
    const expected = await depthOf(own, picture('a'));
    own.dispose();
    const faulty = new FaultyDevice(device);
    const told: string[] = [];
    let model: DepthModel | undefined;
    // The first kernel of the model that another can stand in for.
    for (let k = 1; !model; k++) {
      faulty.arm('createComputePipelineAsync', k, 'reject');
      model = await load({ device: faulty.device, onWarning: ({ code }) => told.push(code) }).catch((error: Error) => {
        expect(error).toMatchObject({ name: 'ShaderError', code: 'SHADER_INTERNAL' });
        return undefined;
      });
      expect(faulty.pending).toBe(false);
    }
    expect(Object.values(model.info.kernels.dropped)).toEqual([
      expect.stringMatching(/^Kernel "\w+\/\w+" could not be compiled by the driver: /),
    ]);
    expect(told).toEqual(['SHADER_INTERNAL']);
    expect(difference(await depthOf(model, picture('a')), expected)).toBeLessThan(1e-5);
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });
});
