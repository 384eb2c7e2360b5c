import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InternalError } from '../../../src/errors.js';
import { browserCache } from '../../../src/weights/cache/browser_cache.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { MemoryCaches } from '../weights/memory_caches.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { taskGraph } from './task_op.js';
import { gpuNamed, kernels, ODD, ToldBench } from './told_bench.js';

describe('the start of tuning', () => {
  it('is kept before anything runs', async () => {
    const caches = new MemoryCaches();
    const bench = new ToldBench();
    const seen: string[][] = [];
    vi.spyOn(bench, 'check').mockImplementation(async () => {
      seen.push([...caches.entries.values()].map((body) => new TextDecoder().decode(body)));
      return true;
    });
    await kernels(taskGraph(ODD), { bench, cache: browserCache({ caches }) });
    const visible = ['1', expect.stringContaining('"sha256"')];
    expect(seen).toEqual([visible, visible]);
  });

  it.each([
    ['is never done', () => new Promise<undefined>(() => {})],
    ['fails', () => Promise.reject(new Error('no room'))],
  ])('is not waited for long where keeping it %s', async (_, put) => {
    const bench = new ToldBench({ tiled: 2, registers: 1 });
    const cache = { match: async () => undefined, delete: async () => undefined, put };
    expect(await kernels(taskGraph(ODD), { bench, milliseconds: 200, cache })).toEqual(['registers']);
  });
});

describe('a device that is lost while kernels are timed', () => {
  let caches: MemoryCaches;
  beforeEach(() => {
    caches = new MemoryCaches();
  });

  /** A start whose device is lost at its first times, and what `time` then does. Whether it got that far. */
  async function start(
    expected: string,
    time: () => Promise<readonly number[]>,
    info: Partial<GPUAdapterInfo> = {},
  ): Promise<boolean> {
    const faulty = new FaultyDevice((await nullGpu()).device);
    const bench = new ToldBench();
    const timed = vi.spyOn(bench, 'time').mockImplementation(() => {
      faulty.lose();
      return time();
    });
    expect(
      await kernels(taskGraph(ODD), { bench, cache: browserCache({ caches }) }, await gpuNamed(info, faulty.device)),
    ).toEqual([expected]);
    return timed.mock.calls.length > 0;
  }

  it.each([
    ['fails', async () => Promise.reject(new InternalError('INTERNAL_READBACK', 'lost'))],
    ['seems to work', async () => [1, 2]],
  ])(
    'does not have them tried on more than three starts, and gets the safe kernel then: what is under way %s',
    async (_, time) => {
      for (const tries of [1, 2, 3]) expect(await start('tiled', time), `start ${tries}`).toBe(true);
      for (const tries of [4, 5]) expect(await start('registers', time), `start ${tries}`).toBe(false);
      expect(await start('tiled', time, { description: 'driver 2' })).toBe(true);
    },
  );

  it('is remembered where other starts ran out of time', async () => {
    const slow = new ToldBench();
    slow.time = () => new Promise(() => {});
    const outOfTime = async () =>
      kernels(taskGraph(ODD), { bench: slow, cache: browserCache({ caches }), milliseconds: 80 });
    expect(await outOfTime()).toEqual(['tiled']);
    expect(await start('tiled', async () => [1, 2])).toBe(true);
    expect(await outOfTime()).toEqual(['tiled']);
    expect(await outOfTime()).toEqual(['registers']);
  });
});

describe('what was decided', () => {
  let caches: MemoryCaches;
  beforeEach(() => {
    caches = new MemoryCaches();
  });
  const FAST = { registers: 1, tiled: 2 };
  /** On a busy machine too. */
  const TIME_ENOUGH = 60_000;

  /** A start of its own; whether anything was timed. */
  async function start(graph = taskGraph(ODD), info: Partial<GPUAdapterInfo> = {}): Promise<boolean> {
    const bench = new ToldBench(FAST);
    const options = { bench, cache: browserCache({ caches }), milliseconds: TIME_ENOUGH };
    expect(await kernels(graph, options, await gpuNamed(info))).toEqual(['registers']);
    return bench.timed.length + bench.asked.length > 0;
  }

  it('is known to the next start', async () => {
    expect([await start(), await start(), await start()]).toEqual([true, false, false]);
  });

  it('for the rule is known too', async () => {
    const times = { registers: 3, tiled: 2 };
    const [first, second] = [new ToldBench(times), new ToldBench(times)];
    expect(await kernels(taskGraph(ODD), { bench: first, cache: browserCache({ caches }) })).toEqual(['tiled']);
    expect(await kernels(taskGraph(ODD), { bench: second, cache: browserCache({ caches }) })).toEqual(['tiled']);
    expect([first.timed.length, second.timed.length]).toEqual([1, 0]);
  });

  it('does not hold for another adapter, driver or kernel', async () => {
    await start();
    expect(await start(taskGraph(ODD), { vendor: 'another' })).toBe(true);
    expect(await start(taskGraph(ODD), { architecture: 'newer' })).toBe(true);
    expect(await start(taskGraph(ODD), { description: 'driver 2' })).toBe(true);
    expect(await start(taskGraph(ODD, 'tiled, edited'))).toBe(true);
    expect(await start()).toBe(false);
  });

  it('and is damaged, or names no kernel, is decided again', async () => {
    await start();
    const [key, kept] = [...caches.entries].find(([, body]) => new TextDecoder().decode(body) === 'registers') as [
      string,
      Uint8Array<ArrayBuffer>,
    ];
    caches.entries.set(
      key,
      kept.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
    );
    expect(await start()).toBe(true);
    for (const word of ['wide', 'even', 'toString', '', '0', '3 ', ' lost', '3 lost ', '{}']) {
      await rewrite(word);
      expect(await start(), word).toBe(true);
      expect(await start(), word).toBe(false);
    }
  });

  /** Puts another word under every key, with the digest of that word. */
  async function rewrite(word: string): Promise<void> {
    const written = browserCache({ caches });
    const real = written?.put.bind(written);
    const bench = new ToldBench(FAST);
    const cache = {
      ...written,
      match: async () => undefined,
      delete: async () => undefined,
      put: async (key: string) => {
        const writer = await real?.(key);
        return (
          writer && {
            write: async () => writer.write(new TextEncoder().encode(word)),
            abort: () => writer.abort(),
            commit: async () => writer.commit(await digest(word)),
          }
        );
      },
    };
    await kernels(taskGraph(ODD), { bench, cache });
  }

  it('and cannot be kept does no harm', async () => {
    caches.room = 0;
    expect([await start(), await start()]).toEqual([true, true]);
  });
});

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
