import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Gpu } from '../../src/gpu/gpu.js';
import { withinTime } from '../../src/gpu/time_limit.js';
import { chooseKernel, compilePipelines } from '../../src/graph/kernel_choice.js';
import { Graph, type Node } from '../../src/graph/graph.js';
import { loadDepthModel, type DepthModel } from '../../src/index.js';
import { gemm } from '../../src/kernels/gemm.js';
import { listAdapters, openAdapter } from '../../src/node/adapters.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { picture, SMALL } from '../unit/model/pictures.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { FaultyDevice, FaultyGpu } from './faulty_device.js';

let faulty: FaultyDevice;
beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const load = () =>
  loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, tuning: 'off', precision: 'f32' });

/** What `work` ends with when it hangs at a call; only the clock of the limits is advanced. */
async function outcome(work: () => Promise<unknown>, seconds: number): Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let settled: unknown = 'pending';
  const done = work().then(
    (value) => (settled = value),
    (error: unknown) => (settled = error),
  );
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 200));
  // What is done starts the rest anew: only what hangs is left.
  while (faulty.pending || vi.getTimerCount() !== 1) await new Promise((resolve) => setTimeout(resolve, 10));
  vi.advanceTimersByTime(1000 * (seconds - 1));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(settled).toBe('pending');
  vi.advanceTimersByTime(1000);
  await done;
  return settled;
}

it('a driver that compiles without end is given up after two minutes, naming the kernel', async () => {
  // The kernel of the preprocessing: those of the network have others that do their work.
  const model = await load();
  faulty.arm('createComputePipelineAsync', 1, 'hang');
  expect(await outcome(() => model.estimate(picture('a'), SMALL), 120)).toMatchObject({
    name: 'TimeoutError',
    code: 'TIMEOUT_COMPILE',
    phase: 'compile',
    expected: 120,
    message: expect.stringMatching(/kernel "\w+\/\w+"/),
  });
  model.dispose();
  expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
});

it.each(['requestAdapter', 'requestDevice'] as const)(
  'a %s without an answer is given up after a minute, and a device that comes too late is given back',
  async (call) => {
    const made = new FaultyGpu((await nullGpu()).device);
    let answer: () => void = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const gpu = {
      requestAdapter: async () => {
        if (call === 'requestAdapter') await answered;
        const adapter = (await made.gpu.requestAdapter())!;
        const requestDevice = async () => {
          if (call === 'requestDevice') await answered;
          return adapter.requestDevice();
        };
        return { features: adapter.features, limits: adapter.limits, info: adapter.info, requestDevice };
      },
    } as unknown as GPU;
    expect(await outcome(() => loadDepthModel(tinyMidas(), { gpu, cache: false }), 60)).toMatchObject({
      name: 'TimeoutError',
      code: 'TIMEOUT_REQUEST',
      phase: 'load',
      expected: 60,
      message: expect.stringContaining(call === 'requestAdapter' ? 'an adapter' : 'a device'),
    });
    vi.useRealTimers();
    answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made.devices.every(({ destroyed }) => destroyed)).toBe(true);
    expect(made.devices.length).toBe(call === 'requestDevice' ? 1 : 0);
  },
);

it('the seconds of a hidden page do not count', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const page = { hidden: true };
  vi.stubGlobal('document', page);
  const request = withinTime(new Promise(() => {}), 'TIMEOUT_REQUEST', 'the request for a device', 'load');
  const settled = vi.fn();
  request.catch(settled);
  vi.advanceTimersByTime(3_600_000);
  await Promise.resolve();
  expect(settled).not.toHaveBeenCalled();
  page.hidden = false;
  vi.advanceTimersByTime(60_000);
  await expect(request).rejects.toMatchObject({ code: 'TIMEOUT_REQUEST' });
});

it('a kernel that a driver compiles without end is dropped, and the safe one does its work', async () => {
  const gpu = Gpu.adopt(faulty.device);
  const graph = new Graph();
  const input = (name: string, ...shape: number[]) => graph.input(name, { dtype: 'f32', shape });
  graph.apply(gemm, { x: input('x', 512, 64), weight: input('weight', 64, 512), bias: input('bias', 512) }, {});
  expect(chooseKernel(graph.nodes[0] as Node, gpu).name).toBe('tiled');
  faulty.arm('createComputePipelineAsync', 1, 'hang');
  expect(await outcome(() => compilePipelines(graph, gpu), 120)).toMatchObject([[{ name: 'registers' }, {}]]);
  expect([...gpu.dropped]).toMatchObject([['gemm/tiled', { code: 'TIMEOUT_COMPILE' }]]);
});

it('a run without end is given up after a minute, and the next works', async () => {
  const model = await load();
  (await model.estimate(picture('a'), SMALL)).dispose();
  const held = faulty.held;
  faulty.arm('onSubmittedWorkDone', 1, 'hang');
  expect(await outcome(() => model.estimate(picture('a'), SMALL), 60)).toMatchObject({
    name: 'TimeoutError',
    code: 'TIMEOUT_RUN',
    phase: 'run',
    expected: 60,
  });
  vi.useRealTimers();
  expect(faulty.held).toEqual(held);
  const map = await model.estimate(picture('a'), SMALL);
  await map.read();
  map.dispose();
  model.dispose();
});

it.each([
  ['what is read of a map', 'mapAsync', 'read', 'read'],
  ['a map that is read', 'popErrorScope', 'read', 'read'],
  ['a run', 'popErrorScope', 'run', 'estimate'],
] as const)(
  '%s without an answer to %s is given up after a minute, and the next works',
  async (_, call, phase, road) => {
    const model = await load();
    const map = await model.estimate(picture('a'), SMALL);
    const held = faulty.held;
    const work = async () => (road === 'read' ? map.read() : model.estimate(picture('a'), SMALL));
    faulty.arm(call, 1, 'hang');
    expect(await outcome(work, 60)).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT_RUN', phase, expected: 60 });
    vi.useRealTimers();
    expect(faulty.held).toEqual(held);
    await map.read();
    map.dispose();
    (await model.estimate(picture('a'), SMALL)).dispose();
    model.dispose();
  },
);

it('a look at the first run without an answer is given up after a minute, and the next works', async () => {
  const model = await load();
  faulty.arm('mapAsync', 1, 'hang');
  const work = () => model.estimate(picture('a'), SMALL);
  expect(await outcome(work, 60)).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT_RUN', phase: 'run' });
  vi.useRealTimers();
  (await work()).dispose();
  model.dispose();
  expect(faulty.held).toEqual({ buffers: 0, textures: 0, bytes: 0 });
});

it.each([
  ['opening', () => openAdapter('any')],
  ['a list', listAdapters],
])('%s of adapters in Node without an answer is given up after a minute', async (_, work) => {
  vi.doMock('webgpu', () => ({ create: () => ({ requestAdapter: () => new Promise(() => {}) }) }));
  expect(await outcome(work, 60)).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT_REQUEST', expected: 60 });
  vi.doUnmock('webgpu');
});

it('runs that wait for others are not given up while these get done', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const ends: (() => void)[] = [];
  const queue = [1, 2, 3].map((i) =>
    withinTime(new Promise<void>((resolve) => ends.push(resolve)), 'TIMEOUT_RUN', `run ${i}`, 'run'),
  );
  for (const [i, run] of queue.slice(0, 2).entries()) {
    vi.advanceTimersByTime(40_000);
    ends[i]?.();
    await run;
    await Promise.resolve();
  }
  vi.advanceTimersByTime(59_000);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1000);
  await expect(queue[2]).rejects.toMatchObject({ code: 'TIMEOUT_RUN', message: expect.stringContaining('run 3') });
  expect(vi.getTimerCount()).toBe(0);
});

it.each<[string, string, (model: DepthModel) => Promise<unknown>]>([
  ['an estimate', 'onSubmittedWorkDone', async (model) => (await model.estimate(picture('a'), SMALL)).dispose()],
  ['a run on a tensor', 'mapAsync', (model) => model.run(new Float32Array(3 * 32 * 32), [1, 3, 32, 32])],
])('%s that took 450 ms is cut into submits from then on, until one is found to be quick', async (_, waits, work) => {
  const model = await load();
  const submits = async () => {
    faulty.calls.clear();
    await work(model);
    return faulty.calls.get('submit') as number;
  };
  faulty.arm(waits, 1, 'late');
  expect(await submits()).toBe(1);
  expect(await submits()).toBeGreaterThanOrEqual(5);
  // A busy machine may need a few.
  await vi.waitFor(async () => expect(await submits()).toBe(1), { timeout: 20_000 });
  model.dispose();
});
