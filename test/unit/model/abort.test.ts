import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadDepthModel, type LoadOptions } from '../../../src/index.js';
import { FaultyDevice, FaultyGpu, type Fault } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { headerOnly } from './header_only.js';
import { picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
let faulty: FaultyDevice;

beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
});
afterEach(() => expect(faulty.uncaptured).toEqual([]));

const load = (source: Parameters<typeof loadDepthModel>[0], options: LoadOptions = {}) =>
  loadDepthModel(source, { device: faulty.device, cache: false, tuning: 'off', precision: 'f32', ...options });

/** Milliseconds, of a busy machine too: what does not end at once ends after a limit of many seconds, or never. */
const AT_ONCE = 1000;

/** Milliseconds from abort to rejection, which must be an AbortError. */
async function abortTime(
  stop: AbortController,
  work: Promise<unknown>,
  after: () => Promise<unknown> = async () => undefined,
): Promise<number> {
  await after();
  const start = performance.now();
  stop.abort();
  expect(await rejection(work)).toMatchObject({ name: 'AbortError' });
  return performance.now() - start;
}

const until = (condition: () => boolean) =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error('not yet');
    },
    { timeout: 5000, interval: 1 },
  );

describe('AbortSignal', () => {
  it('already aborted: rejects before anything', async () => {
    const signal = AbortSignal.abort();
    const open = vi.fn();
    expect(await rejection(load({ name: 'x', open }, { signal }))).toMatchObject({ name: 'AbortError' });
    expect(open).not.toHaveBeenCalled();
    const model = await load(tinyMidas());
    faulty.calls.clear();
    expect(await rejection(model.estimate(picture('a'), { signal }))).toMatchObject({ name: 'AbortError' });
    expect([...faulty.calls.keys()].filter((name) => name.startsWith('create'))).toEqual([]);
    model.dispose();
  });

  it('with a reason of the caller: still an AbortError', async () => {
    expect(await rejection(load(tinyMidas(), { signal: AbortSignal.abort('enough') }))).toMatchObject({
      name: 'AbortError',
    });
  });

  it('while the adapter is waited for', async () => {
    const stop = new AbortController();
    const made = new FaultyGpu((await nullGpu()).device);
    let give: (() => void) | undefined;
    const gpu = {
      requestAdapter: async (options: GPURequestAdapterOptions) => {
        await new Promise<void>((resolve) => (give = resolve));
        return made.gpu.requestAdapter(options);
      },
    };
    const loading = loadDepthModel(tinyMidas(), {
      gpu: gpu as unknown as GPU,
      cache: false,
      tuning: 'off',
      precision: 'f32',
      signal: stop.signal,
    });
    expect(await abortTime(stop, loading, () => until(() => give !== undefined))).toBeLessThan(AT_ONCE);
    give?.();
    await until(() => made.devices.length === 1 && made.last.destroyed);
  });

  it('while the weights come in', async () => {
    const stop = new AbortController();
    const source = headerOnly('midas-v2.1-small');
    const loading = load(source, { signal: stop.signal });
    expect(await abortTime(stop, loading, () => until(() => faulty.held.buffers > 0))).toBeLessThan(AT_ONCE);
    expect(faulty.held).toEqual(EMPTY);
    await until(() => source.cancelled);
  });

  it.each<[string, Fault]>([
    ['createComputePipelineAsync', 'hang'],
    ['popErrorScope', 'hang'],
  ])('while %s does not come back from loading', async (call, fault) => {
    const stop = new AbortController();
    faulty.arm(call, 4, fault);
    const loading = load(tinyMidas(), { signal: stop.signal });
    expect(await abortTime(stop, loading, () => until(() => !faulty.pending))).toBeLessThan(AT_ONCE);
    await until(() => faulty.held.buffers === 0);
    expect(faulty.held).toEqual(EMPTY);
  });

  it.each<[string, Fault]>([
    ['onSubmittedWorkDone', 'hang'],
    ['popErrorScope', 'hang'],
  ])('while %s does not come back from an estimate', async (call, fault) => {
    const model = await load(tinyMidas());
    const before = await model.estimate(picture('a'), SMALL);
    const held = faulty.held;
    const stop = new AbortController();
    faulty.arm(call, 1, fault);
    const pending = model.estimate(picture('a'), { ...SMALL, signal: stop.signal });
    expect(await abortTime(stop, pending, () => until(() => !faulty.pending))).toBeLessThan(AT_ONCE);
    expect(faulty.held.buffers).toBe(held.buffers);
    (await model.estimate(picture('a'), SMALL)).dispose();
    before.dispose();
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });

  it('while the GPU is asked known answers', async () => {
    const stop = new AbortController();
    faulty.arm('mapAsync', 1, 'late');
    const loading = load(tinyMidas(), { precision: 'f16', signal: stop.signal });
    expect(await abortTime(stop, loading, () => until(() => !faulty.pending))).toBeLessThan(AT_ONCE);
    await until(() => faulty.held.buffers === 0);
  });

  it('of one of two callers at a new size leaves the other', async () => {
    const model = await load(tinyMidas());
    const stop = new AbortController();
    const [one, other] = [
      model.estimate(picture('a'), { ...SMALL, signal: stop.signal }),
      model.estimate(picture('a'), SMALL),
    ];
    // In the order of the two, as planning a new size keeps this thread for as long as other processes let it.
    const first = Promise.race([rejection(one).then(() => 'aborted'), other.then(() => 'done')]);
    stop.abort();
    expect(await first).toBe('aborted');
    expect(await rejection(one)).toMatchObject({ name: 'AbortError' });
    (await other).dispose();
    model.dispose();
    expect(faulty.held).toEqual(EMPTY);
  });

  it('after the end does nothing', async () => {
    const stop = new AbortController();
    const model = await load(tinyMidas(), { signal: stop.signal });
    const map = await model.estimate(picture('a'), { ...SMALL, signal: stop.signal });
    stop.abort();
    expect((await map.read()).length).toBe(64 * 48);
    (await model.estimate(picture('a'), SMALL)).dispose();
    map.dispose();
    model.dispose();
  });
});

describe('a driver that hangs', () => {
  it.each(['createComputePipelineAsync', 'popErrorScope', 'onSubmittedWorkDone', 'mapAsync'])(
    'at %s does not keep dispose or a loss from ending what is pending',
    async (call) => {
      for (const end of ['dispose', 'lose'] as const) {
        const own = new FaultyGpu((await nullGpu()).device);
        const model = await loadDepthModel(tinyMidas(), {
          gpu: own.gpu,
          cache: false,
          tuning: 'off',
          precision: 'f32',
        });
        own.last.arm(call, 1, 'hang');
        const pending = model.estimate(picture('a'), SMALL).then((map) => Promise.all([map.colors(), map.read()]));
        await until(() => !own.last.pending);
        if (end === 'dispose') model.dispose();
        else own.last.lose();
        expect(await rejection(pending)).toMatchObject({ code: end === 'dispose' ? 'DISPOSED' : 'DEVICE_LOST' });
        model.dispose();
      }
    },
  );
});
