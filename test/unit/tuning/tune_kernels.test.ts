import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OutOfMemoryError } from '../../../src/errors.js';
import { tuneKernels } from '../../../src/tuning/tune_kernels.js';
import { browserCache } from '../../../src/weights/cache/browser_cache.js';
import { MemoryCaches } from '../weights/memory_caches.js';
import { taskGraph, otherOp } from './task_op.js';
import { gpuNamed, kernels, ODD, ToldBench } from './told_bench.js';

describe('tuning', () => {
  it('goes to the fastest kernel, and none made for CPUs is timed', async () => {
    const bench = new ToldBench({ tiled: 2, registers: 1, wide: 0.1 });
    expect(await kernels(taskGraph(ODD), { bench })).toEqual(['registers']);
    expect(bench.asked).toEqual(['gemm/registers', 'gemm/tiled']);
    expect(bench.timed).toEqual(['3: registers tiled']);
  });

  it.each([
    [1.04, 'tiled'],
    [1.06, 'registers'],
  ])('is left to the rule unless another kernel is 5 %% faster: rule %d, another 1', async (tiled, kernel) => {
    expect(await kernels(taskGraph(ODD), { bench: new ToldBench({ tiled, registers: 1 }) })).toEqual([kernel]);
  });

  it('is between kernels that apply to the same nodes', async () => {
    const bench = new ToldBench({ registers: 1, tiled: 2, even: 0.5 });
    expect(
      await kernels(
        taskGraph([
          [3, 100],
          [4, 200],
        ]),
        { bench },
      ),
    ).toEqual(['registers', 'even']);
    expect(bench.timed).toEqual(['4: registers tiled even', '3: registers tiled']);
  });

  it('is without kernels made for another size of subgroup', async () => {
    const bench = new ToldBench({ tiled: 2, registers: 3, lanes: 1 });
    const wave = await gpuNamed({ subgroupMinSize: 64, subgroupMaxSize: 64 });
    Object.assign(wave.facts, { subgroupSize: 64 });
    expect(await kernels(taskGraph(ODD), { bench }, wave)).toEqual(['lanes']);
    expect(await kernels(taskGraph(ODD), { bench })).toEqual(['tiled']);
    expect(bench.timed).toEqual(['3: registers lanes tiled', '3: registers tiled']);
  });

  it('is decided by the two shapes with the most work, each as often as the graph has it', async () => {
    const graph = taskGraph([
      [3, 100],
      [5, 90],
      [5, 90],
      [5, 90],
      [7, 1],
    ]);
    const bench = new ToldBench({
      'registers 3': 4,
      'tiled 3': 1,
      'registers 5': 1,
      'tiled 5': 2.5,
      'registers 7': 1000,
    });
    expect(await kernels(graph, { bench })).toEqual(Array(5).fill('registers'));
    expect(bench.timed).toEqual(['5: registers tiled', '3: registers tiled']);
    bench.times = { ...bench.times, 'tiled 5': 1.5 };
    expect(await kernels(graph, { bench })).toEqual(Array(5).fill('tiled'));
  });

  it('leaves out shapes that take too long to time, unless there is no other', async () => {
    const bench = new ToldBench();
    await kernels(
      taskGraph([
        [3, 17e9],
        [5, 1e9],
      ]),
      { bench },
    );
    await kernels(
      taskGraph([
        [3, 18e9],
        [5, 17e9],
      ]),
      { bench },
    );
    expect(bench.timed).toEqual(['5: registers tiled', '5: registers tiled']);
  });

  it('without a clock that runs is left to the rule', async () => {
    expect(await kernels(taskGraph(ODD), { bench: new ToldBench({ registers: Infinity, tiled: Infinity }) })).toEqual([
      'tiled',
    ]);
  });

  it('does not take a kernel that fits no probe', async () => {
    const bench = new ToldBench({ registers: 3, tiled: 2, even: 1 });
    bench.unprobed = ['even'];
    expect(await kernels(taskGraph([[4, 100]]), { bench })).toEqual(['tiled']);
    expect(bench.timed).toEqual(['4: registers tiled']);
  });
});

describe('a kernel that answers wrongly', () => {
  it(
    'is dropped, even where the rule chooses it and it ' + 'is the fastest, and asked again by the next start',
    async () => {
      const cache = browserCache({ caches: new MemoryCaches() });
      const bench = new ToldBench({ tiled: 1, registers: 2 });
      bench.wrong = ['tiled'];
      for (const starts of [1, 2, 3, 4]) {
        const gpu = await gpuNamed();
        expect(await kernels(taskGraph(ODD), { bench, cache }, gpu)).toEqual(['registers']);
        expect([...gpu.dropped].map(([name, { message }]) => [name, message])).toEqual([
          ['gemm/tiled', 'wrong: tiled'],
        ]);
        expect(bench.timed).toEqual(Array(starts).fill('3: registers'));
      }
    },
  );

  it('is dropped in other ops that have it of the same text', async () => {
    const bench = new ToldBench();
    bench.wrong = ['tiled', 'even'];
    const graph = taskGraph([[4, 100]]);
    graph.apply(otherOp, { x: graph.input('other', { dtype: 'f32', shape: [1, 4] }) }, {});
    const gpu = await gpuNamed();
    expect(await kernels(graph, { bench }, gpu)).toEqual(['registers', 'registers']);
    expect([...gpu.dropped.keys()]).toEqual(['gemm/tiled', 'gemm/even', 'other/tiled']);
  });

  it('is the end where it is the safe one', async () => {
    const bench = new ToldBench();
    bench.wrong = ['registers'];
    await expect(tuneKernels(await gpuNamed(), taskGraph(ODD), { bench })).rejects.toMatchObject({
      code: 'GPU_UNSOUND',
    });
    expect(bench.timed).toEqual([]);
  });
});

describe('a bench that fails', () => {
  it.each(['check', 'time'] as const)('at its %s leaves the rule, and the next start tries again', async (what) => {
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = new ToldBench({ tiled: 2, registers: 1 });
    const fault = vi.spyOn(bench, what).mockRejectedValue(new OutOfMemoryError('GPU_OOM', 'no room'));
    expect(await kernels(taskGraph(ODD), { bench, cache })).toEqual(['tiled']);
    expect(fault).toHaveBeenCalledTimes(what === 'check' ? 2 : 1);
    fault.mockRestore();
    const gpu = await gpuNamed();
    expect(await kernels(taskGraph(ODD), { bench, cache }, gpu)).toEqual(['registers']);
    expect([...gpu.dropped]).toEqual([]);
  });
});

describe('a CPU adapter', () => {
  it('is asked nothing, times nothing, and keeps the rule', async () => {
    const bench = new ToldBench({ registers: 0.1 });
    const cpu = await gpuNamed({ description: 'llvmpipe' });
    const cache = { match: vi.fn(), put: vi.fn(), delete: vi.fn() };
    expect(await kernels(taskGraph(ODD), { bench, cache }, cpu)).toEqual(['wide']);
    expect([bench.asked, bench.timed]).toEqual([[], []]);
    expect([cache.match, cache.put].flatMap(({ mock }) => mock.calls)).toEqual([]);
  });
});

describe('the time', () => {
  /** A bench that takes its time over one thing. */
  function slow(what: 'check' | 'time', milliseconds: number, times: Readonly<Record<string, number>>): ToldBench {
    const bench = new ToldBench(times);
    const does = bench[what].bind(bench) as (...args: unknown[]) => Promise<never>;
    bench[what] = async (...args: unknown[]) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return does(...args);
    };
    return bench;
  }

  beforeEach(() => {
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it.each(['check', 'time'] as const)(
    'when it is up, leaves what is undecided to the rule, and asks no more: %s',
    async (what) => {
      const bench = slow(what, 200, { registers: 1, tiled: 2 });
      const tuning = kernels(taskGraph(ODD), { bench, milliseconds: 20 });
      await vi.advanceTimersByTimeAsync(20);
      expect(await tuning).toEqual(['tiled']);
      await vi.advanceTimersByTimeAsync(1000);
      expect(bench.asked.length).toBe(2);
      expect(bench.timed.length).toBe(what === 'time' ? 1 : 0);
    },
  );

  it('is 300 ms unless told otherwise', async () => {
    let settled = false;
    const tuning = tuneKernels(await gpuNamed(), taskGraph(ODD), { bench: slow('check', 10_000, {}) }).then(
      () => (settled = true),
    );
    await vi.advanceTimersByTimeAsync(299);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(settled).toBe(true);
    await tuning;
  });

  it('that ran out at a task on three starts is not spent on it again', async () => {
    vi.useRealTimers();
    const cache = browserCache({ caches: new MemoryCaches() });
    // Long enough that a busy machine comes to the timing.
    const bench = slow('time', 900, { registers: 1, tiled: 2 });
    for (let start = 1; start <= 4; start++) {
      expect(await kernels(taskGraph(ODD), { bench, cache, milliseconds: 800 })).toEqual(['tiled']);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(bench.timed.length).toBe(Math.min(start, 3));
    }
  });
});

describe('the table of adapters', () => {
  it('says where to start: that kernel stays where the time is too short, or nothing is 5 % faster', async () => {
    const arm = () => gpuNamed({ vendor: 'arm' });
    expect(await kernels(taskGraph(ODD), { bench: new ToldBench({ tiled: 1, registers: 1.04 }) }, await arm())).toEqual(
      ['registers'],
    );
    expect(await kernels(taskGraph(ODD), { bench: new ToldBench({ tiled: 1, registers: 1.06 }) }, await arm())).toEqual(
      ['tiled'],
    );
    const bench = new ToldBench();
    bench.time = () => new Promise(() => {});
    expect(await kernels(taskGraph(ODD), { bench, milliseconds: 20 }, await arm())).toEqual(['registers']);
    bench.wrong = ['tiled'];
    expect(await kernels(taskGraph(ODD), { bench, milliseconds: 20 }, await gpuNamed())).toEqual(['registers']);
  });

  it('holds where the time is too short to ask, on every start', async () => {
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = new ToldBench();
    bench.check = () => new Promise(() => {});
    const asked = vi.spyOn(bench, 'check');
    for (const starts of [1, 2, 3, 3]) {
      expect(
        await kernels(taskGraph(ODD), { bench, cache, milliseconds: 80 }, await gpuNamed({ vendor: 'arm' })),
      ).toEqual(['registers']);
      expect(asked).toHaveBeenCalledTimes(2 * starts);
    }
    const decided = browserCache({ caches: new MemoryCaches() });
    for (const times of [{ tiled: 1, registers: 2 }, {}])
      expect(
        await kernels(
          taskGraph(ODD),
          { bench: new ToldBench(times), cache: decided },
          await gpuNamed({ vendor: 'arm' }),
        ),
      ).toEqual(['tiled']);
  });
});
