import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthMap, type DepthModel } from '../../../src/index.js';
import { RunQueue } from '../../../src/runtime/run_queue.js';
import { FaultyDevice, FaultyGpu } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';
import { bits, bitsOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let faulty: FaultyDevice;
let model: DepthModel;
/** Submits that the GPU has not been done with, and the most there ever were. */
let flying = { now: 0, most: 0, all: 0 };

beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  const { queue } = faulty.device;
  const counted = new Proxy(queue, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== 'submit') return value;
      return (...args: unknown[]) => {
        flying.now++;
        flying.all++;
        flying.most = Math.max(flying.most, flying.now);
        Reflect.apply(value as () => void, target, args);
        void target.onSubmittedWorkDone().then(() => flying.now--);
      };
    },
  });
  const device = new Proxy(faulty.device, {
    get: (target, name) => (name === 'queue' ? counted : Reflect.get(target, name)),
  });
  model = await loadDepthModel(tinyMidas(), { device, cache: false, precision: 'f32' });
  (await model.estimate(picture('a'), SMALL)).dispose();
});
afterAll(() => model.dispose());
afterEach(() => expect(faulty.uncaptured).toEqual([]));

const counting = (): void => void (flying = { now: 0, most: 0, all: 0 });
const outcomes = (calls: readonly Promise<DepthMap>[]) =>
  Promise.all(
    calls.map((call) =>
      call.then(
        (map) => (map.dispose(), 'map'),
        (error: Error) => error.name,
      ),
    ),
  );

describe('runs of a model', () => {
  it('are two at a time on the GPU, in the order of the calls, each with the picture of its call', async () => {
    const names = [...'abcdefghijkl'];
    const expected = [];
    for (const name of names) expected.push(await bitsOf(model, picture(name)));
    const order: number[] = [];
    counting();
    const source = picture('a');
    const calls = names.map(async (name, i) => {
      source.data.set(picture(name).data);
      const map = await model.estimate(source, SMALL);
      order.push(i);
      return map;
    });
    source.data.fill(0);
    const maps = await Promise.all(calls);
    expect(flying).toMatchObject({ most: 2, all: names.length });
    expect(order).toEqual(names.map((_, i) => i));
    for (const [i, map] of maps.entries()) expect(bits(await map.read())).toBe(expected[i]);
    for (const map of maps) map.dispose();
  });

  it('on tensors wait for the same places', async () => {
    const tensor = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i));
    const expected = bits(await model.run(tensor, [1, 3, 32, 32]));
    counting();
    const mixed = await Promise.all([
      ...Array.from({ length: 5 }, () => model.run(tensor, [1, 3, 32, 32]).then(bits)),
      ...Array.from({ length: 5 }, () => model.estimate(picture('a'), SMALL).then((map) => (map.dispose(), expected))),
    ]);
    expect(new Set(mixed)).toEqual(new Set([expected]));
    expect(flying).toMatchObject({ most: 2, all: 10 });
  });

  it('that are aborted while they wait are never submitted', async () => {
    const stop = new AbortController();
    const held = faulty.held;
    counting();
    const calls = Array.from({ length: 300 }, () => model.estimate(picture('a'), { ...SMALL, signal: stop.signal }));
    stop.abort();
    expect(new Set(await outcomes(calls))).toEqual(new Set(['AbortError']));
    expect(await outcomes([model.estimate(picture('a'), SMALL)])).toEqual(['map']);
    expect(flying).toMatchObject({ most: 2, all: 3 });
    // A run that was aborted on the GPU gives the texture of its picture up.
    expect({ ...faulty.held, textures: held.textures }).toEqual(held);
    expect(faulty.held.textures).toBeLessThanOrEqual(held.textures);
  });

  it('that are aborted while they wait are not under way: an error after them is a warning, and no fault', async () => {
    const own = new FaultyGpu((await testGpu()).device);
    const told: string[] = [];
    const idle = await loadDepthModel(tinyMidas(), {
      gpu: own.gpu,
      cache: false,
      precision: 'f32',
      onWarning: ({ code }) => told.push(code),
    });
    const stop = new AbortController();
    const calls = Array.from({ length: 20 }, () => idle.estimate(picture('a'), { ...SMALL, signal: stop.signal }));
    stop.abort();
    expect(new Set(await outcomes(calls))).toEqual(new Set(['AbortError']));
    // Those that were on the GPU are over once another is.
    expect(await outcomes([idle.estimate(picture('a'), SMALL)])).toEqual(['map']);
    own.last.blurt('something odd');
    expect(told).toEqual(['GPU_FAULT']);
    idle.dispose();
  });

  it('one of which fails, is aborted or left out leave the places of the others', async () => {
    for (let i = 0; i < 4; i++) {
      const stop = new AbortController();
      const signal = stop.signal;
      const calls = [
        model.estimate(picture('a'), { ...SMALL, signal }),
        model.estimate({ ...picture('b'), data: new Uint8Array(5) }, SMALL),
        model.estimate(picture('c'), { ...SMALL, signal }),
        model.estimate(picture('d'), { ...SMALL, queue: 'latest' }),
        model.estimate({ ...picture('b'), data: new Uint8Array(5) }, SMALL),
        model.estimate(picture('e'), { ...SMALL, queue: 'latest' }),
        model.estimate(picture('f'), SMALL),
      ];
      stop.abort();
      expect(await outcomes(calls)).toEqual([
        'AbortError',
        'ImageError',
        'AbortError',
        'AbortError',
        'ImageError',
        'map',
        'map',
      ]);
    }
    counting();
    await outcomes(Array.from({ length: 6 }, () => model.estimate(picture('a'), SMALL)));
    expect(flying).toMatchObject({ most: 2, all: 6 });
  });

  it('with the newest only leave out those that wait', async () => {
    counting();
    const calls = Array.from({ length: 50 }, () => model.estimate(picture('a'), { ...SMALL, queue: 'latest' }));
    const ends = await outcomes(calls);
    expect(ends.map((end, i) => (end === 'map' ? i : -1)).filter((i) => i >= 0)).toEqual([0, 1, 49]);
    expect(flying.all).toBe(3);
    expect((await rejection(model.estimate(picture('a'), { queue: 'newest' as 'latest' }))).code).toBe('OPTION_QUEUE');
  });
});

describe('stream', () => {
  it('with the newest only reads a sequence on, and closes what it takes and what it leaves out', async () => {
    let read = 0;
    let closed = 0;
    async function* camera() {
      for (; read < 40; read++) {
        yield { ...picture('a'), close: () => closed++ };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    let maps = 0;
    for await (const map of model.stream(camera(), { ...SMALL, queue: 'latest' })) {
      maps++;
      map.dispose();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(maps).toBeGreaterThan(1);
    expect(maps).toBeLessThan(20);
    expect(closed).toBe(40);
  });

  it('with the newest only passes the fault of a sequence on, and ends it when the caller does', async () => {
    async function* broken() {
      yield picture('a');
      throw new Error('the camera went away');
    }
    const all = async () => {
      for await (const map of model.stream(broken(), { ...SMALL, queue: 'latest' })) map.dispose();
    };
    expect((await rejection(all())).message).toBe('the camera went away');
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield picture('a');
      } finally {
        ended = true;
      }
    }
    for await (const map of model.stream(endless(), { ...SMALL, queue: 'latest' })) {
      map.dispose();
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ended).toBe(true);
  });
});

it('the runs are over when those that wait, and those that take no turn, are over', async () => {
  const runs = new RunQueue();
  const turns = [runs.take(), runs.take(), runs.take()];
  const leave = runs.hold();
  let over = false;
  const told = runs.over().then(() => (over = true));
  for (const turn of turns) {
    await turn.wait;
    turn.end();
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  leave();
  await told;
  await runs.over();
});
