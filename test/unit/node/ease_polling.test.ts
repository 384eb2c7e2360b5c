import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { DepthModel } from '../../../src/index.js';
import { easeGpuPolling } from '../../../src/node/ease_polling.js';
import { loadDepthModel } from '../../../src/node/load.js';

const PICTURE = { data: new Uint8Array(640 * 480 * 4).map((_, i) => i * 7), width: 640, height: 480 };

describe('polling at ease', () => {
  const { setImmediate: eased } = globalThis;
  let model: DepthModel | undefined;
  afterEach(() => {
    globalThis.setImmediate = eased;
    model?.dispose();
  });

  it('asks about a picture once a millisecond, not at every turn', async () => {
    easeGpuPolling();
    expect(globalThis.setImmediate).toBe(eased);
    model = await loadDepthModel('nano');
    await model.estimate(PICTURE);
    let polls = 0;
    globalThis.setImmediate = ((...values: Parameters<typeof eased>) => {
      polls++;
      return eased(...values);
    }) as typeof eased;
    const start = performance.now();
    await model.estimate(PICTURE);
    const elapsed = performance.now() - start;
    console.log(`${polls} polls in ${elapsed.toFixed(0)} ms`);
    expect(polls).toBeGreaterThan(0);
    // Each of the few waits has its millisecond of every turn, of which one takes at least 5 microseconds.
    expect(polls).toBeLessThan(elapsed + 1000);
  });

  it("leaves others' callbacks as they were", async () => {
    const order: string[] = [];
    const handles = [
      setImmediate((...values: unknown[]) => order.push(`values ${values}`), 1, 2),
      setImmediate(order.push.bind(order, 'bound')),
    ];
    const cancelled = setImmediate(() => order.push('cancelled'));
    clearImmediate(cancelled);
    expect(await promisify(setImmediate)('kept')).toBe('kept');
    // A promise is resolved by a function that reads like the binding's.
    expect(await new Promise((resolve) => setImmediate(resolve, 'resolved'))).toBe('resolved');
    expect(order).toEqual(['values 1,2', 'bound']);
    // At the end of the turn, that is, not by a timer, whose order a busy machine changes.
    expect(handles.map((handle) => handle.constructor.name)).toEqual(['Immediate', 'Immediate']);
    expect(() => setImmediate(undefined as never)).toThrow(TypeError);
  });
});
