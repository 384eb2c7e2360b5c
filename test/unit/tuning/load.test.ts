import { expect, it, onTestFinished, vi } from 'vitest';
import { loadDepthModel, type LoadOptions } from '../../../src/index.js';
import { Sha256 } from '../../../src/weights/fetch/sha256.js';
import type { WeightsCache } from '../../../src/weights/cache/cache.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { picture, SMALL } from '../model/pictures.js';
import { tinyMidas } from '../model/tiny_midas.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };

/** A device that computes nothing, of an adapter with subgroups of 32, and the labels of the shaders made on it. */
async function device(): Promise<{ faulty: FaultyDevice; device: GPUDevice; labels: Set<string> }> {
  const faulty = new FaultyDevice((await nullGpu()).device);
  const adapterInfo = {
    vendor: 'somebody',
    architecture: '',
    device: '',
    description: '',
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
  };
  const labels = new Set<string>();
  faulty.rewrite = (code, label) => {
    labels.add(label);
    return code;
  };
  return {
    faulty,
    device: new Proxy(faulty.device, {
      get: (target, key) => (key === 'adapterInfo' ? adapterInfo : Reflect.get(target, key)),
    }),
    labels,
  };
}

/** A cache in which every task of products is kept with one outcome, and any other with the rule. */
function keeping(outcome: string): WeightsCache {
  return {
    match: async (name) => {
      if (!name.startsWith('depthwise kernels')) return undefined;
      const bytes = new TextEncoder().encode(name.includes('\ngemm/') ? outcome : 'rule');
      return {
        name,
        size: bytes.length,
        sha256: new Sha256().update(bytes).digest(),
        open: async () => new Blob([bytes]).stream(),
      };
    },
    put: async () => undefined,
    delete: async () => undefined,
  };
}

const load = (on: GPUDevice, options: LoadOptions) =>
  loadDepthModel(tinyMidas(), { device: on, precision: 'f32', ...options });

it('ends in GPU_UNSOUND where the safe kernel of an op answers wrongly, and leaves nothing', async () => {
  const { faulty, device: on } = await device();
  // The alarm that would end it after 300 ms does not go off.
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  await expect(load(on, { cache: false })).rejects.toMatchObject({
    name: 'GpuUnavailableError',
    code: 'GPU_UNSOUND',
    message: expect.stringMatching(/kernel "(gemm|conv2d)\/registers"/),
  });
  expect(faulty.held).toEqual(EMPTY);
  expect(faulty.uncaptured).toEqual([]);
});

it('asks nothing with tuning off', async () => {
  const { faulty, device: on, labels } = await device();
  const model = await load(on, { cache: keeping('subgroup'), tuning: 'off' });
  expect(model.info.kernels).toEqual({ chosen: {}, dropped: {} });
  expect([faulty.calls.has('submit'), labels.has('gemm/subgroup')]).toEqual([false, false]);
  model.dispose();
});

it('uses what an earlier start found, in loading and in estimating, and times nothing', async () => {
  const { faulty, device: on, labels } = await device();
  const model = await load(on, { cache: keeping('subgroup') });
  expect(Object.entries(model.info.kernels.chosen)).toEqual([
    [expect.stringMatching(/^gemm\/registers\|.*subgroup/), 'subgroup'],
  ]);
  expect(model.info.kernels.dropped).toEqual({});
  expect(faulty.calls.has('submit')).toBe(false);
  (await model.estimate(picture('a'))).dispose();
  expect([...labels].filter((label) => label.startsWith('gemm/'))).toEqual(['gemm/subgroup']);
  model.dispose();
});

it('takes the safe kernel for one that is not compiled, with a warning', async () => {
  const { faulty, device: on, labels } = await device();
  const seen = faulty.rewrite;
  faulty.rewrite = (code, label) =>
    seen(label === 'gemm/subgroup' ? code.replace('@compute', 'let @compute') : code, label);
  const warnings: string[] = [];
  const model = await load(on, { cache: keeping('subgroup'), onWarning: ({ code }) => warnings.push(code) });
  expect(warnings).toEqual(['SHADER_COMPILE']);
  expect(model.info.kernels.dropped).toEqual({
    'gemm/subgroup': expect.stringContaining('Kernel "gemm/subgroup" does not compile: line'),
  });
  (await model.estimate(picture('a'), SMALL)).dispose();
  expect(labels.has('gemm/registers')).toBe(true);
  model.dispose();
  expect(faulty.held).toEqual(EMPTY);
});
