import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel } from '../../src/index.js';
import { FaultyDevice } from '../faults/faulty_device.js';
import { testGpu } from '../gpu.js';
import { bitsOf, picture, SMALL } from '../unit/model/pictures.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';

const STORMS = 1000;
const CALLS = 12;
/** MiB of heap that a thousand storms may leave. */
const LEVEL = 4;

let faulty: FaultyDevice;
let model: DepthModel;
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  model = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, precision: 'f32' });
});
afterAll(() => model.dispose());

/** Lets some of the work get done: nothing, a microtask, a turn, or a millisecond. */
const pause = (kind: number): Promise<unknown> =>
  kind < 2 ? Promise.resolve() : new Promise((resolve) => (kind < 4 ? setImmediate(resolve) : setTimeout(resolve, 1)));

/** Heap in MiB after garbage was collected. */
async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc!();
    await pause(4);
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

it(`${STORMS} storms of ${CALLS} aborted calls leave nothing, and the next call is right`, async () => {
  const expected = await bitsOf(model, picture('a'));
  const ends = new Map<string, number>();
  const sizes = [64, 64, 64, 48];
  let before = 0;
  let held = faulty.held;
  for (let storm = 0; storm < STORMS; storm++) {
    const stops: AbortController[] = [];
    const calls = Array.from({ length: CALLS }, (_, i) => {
      const stop = (stops[i] = new AbortController());
      const queue = (storm + i) % 5 === 0 ? 'latest' : 'all';
      return model.estimate(picture('a', sizes[(storm + i) % 4]), { ...SMALL, queue, signal: stop.signal }).then(
        (map) => (map.dispose(), 'map'),
        (error: Error) => error.name,
      );
    });
    for (const [i, stop] of stops.entries()) {
      if ((storm * 7 + i * 3) % 5 === 0) await pause((storm + i) % 6);
      if ((storm + i) % 11 !== 0) stop.abort();
    }
    for (const end of await Promise.all(calls)) ends.set(end, (ends.get(end) ?? 0) + 1);
    if (storm % 50 === 0) expect(await bitsOf(model, picture('a')), `after storm ${storm}`).toBe(expected);
    if (storm === 100) [before, held] = [await heap(), faulty.held];
  }
  expect(await bitsOf(model, picture('a'))).toBe(expected);
  const grown = (await heap()) - before;
  const counts = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  console.log(`${STORMS} storms: ${counts}; ${grown.toFixed(2)} MiB of heap more than after 100`);
  expect([...ends.keys()].sort()).toEqual(['AbortError', 'map']);
  expect([...ends.values()].reduce((sum, count) => sum + count)).toBe(STORMS * CALLS);
  expect(faulty.held.buffers).toBeLessThanOrEqual(held.buffers);
  expect(faulty.held.bytes).toBeLessThanOrEqual(held.bytes);
  expect(faulty.uncaptured).toEqual([]);
  expect(grown).toBeLessThan(LEVEL);
});
