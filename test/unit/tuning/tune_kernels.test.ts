import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GpuUnavailableError, InternalError, OutOfMemoryError } from '../../../src/errors.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { chooseKernel } from '../../../src/graph/executor.js';
import type { Graph, Node } from '../../../src/graph/graph.js';
import type { KernelBench } from '../../../src/tuning/kernel_bench.js';
import { tuneKernels, type TuningOptions } from '../../../src/tuning/tune_kernels.js';
import { browserCache } from '../../../src/weights/browser_cache.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { MemoryCaches } from '../weights/memory_caches.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { contestGraph, otherOp } from './contest_op.js';

const ODD = [[3, 100]] as const;

/** A bench that answers as it is told and writes down what it is asked. */
class ToldBench implements KernelBench {
  readonly asked: string[] = [];
  readonly timed: string[] = [];
  /** Kernels that answer wrongly. */
  wrong: readonly string[] = [];
  /** Kernels that no question applies to. */
  unasked: readonly string[] = [];
  times: Readonly<Record<string, number>>;

  constructor(times: Readonly<Record<string, number>> = {}) {
    this.times = times;
  }

  async check(op: string, kernel: string): Promise<boolean> {
    this.asked.push(`${op}/${kernel}`);
    if (this.wrong.includes(kernel)) throw new GpuUnavailableError('GPU_UNSOUND', `wrong: ${kernel}`);
    return !this.unasked.includes(kernel);
  }

  async time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined> {
    this.timed.push(`${(node.inputs['x'] as Node['inputs'][string]).type.shape[1]}: ${kernels.join(' ')}`);
    await Promise.resolve();
    return spent() ? undefined : kernels.map((kernel) => this.times[`${kernel} ${node.inputs['x']?.type.shape[1]}`] ?? this.times[kernel] ?? 1);
  }
}

/** A GPU that calls itself so, on a device that does nothing. */
async function gpuNamed(info: Partial<GPUAdapterInfo> = {}, on?: GPUDevice): Promise<Gpu> {
  const device = on ?? (await nullGpu()).device;
  const adapterInfo = { vendor: 'somebody', architecture: 'some', device: '', description: '', ...info };
  return Gpu.adopt(new Proxy(device, { get: (target, key) => (key === 'adapterInfo' ? adapterInfo : Reflect.get(target, key)) }));
}

let gpu: Gpu;
beforeEach(async () => {
  gpu = await gpuNamed();
});

/** The kernels that a graph's nodes get. */
async function kernels(graph: Graph, options: TuningOptions, on = gpu): Promise<string[]> {
  const { variant } = await tuneKernels(on, graph, options);
  return graph.nodes.map((node) => chooseKernel(node, on, variant(node)).variant);
}

describe('a contest', () => {
  it('goes to the fastest kernel, and none made for CPUs is timed', async () => {
    const bench = new ToldBench({ tiled: 2, registers: 1, wide: 0.1 });
    expect(await kernels(contestGraph(ODD), { bench })).toEqual(['registers']);
    expect(bench.asked).toEqual(['gemm/registers', 'gemm/tiled']);
    expect(bench.timed).toEqual(['3: registers tiled']);
  });

  it.each([[1.04, 'tiled'], [1.06, 'registers']])('is left to the rule unless another kernel is 5 %% faster: rule %d, another 1', async (tiled, kernel) => {
    expect(await kernels(contestGraph(ODD), { bench: new ToldBench({ tiled, registers: 1 }) })).toEqual([kernel]);
  });

  it('is between kernels that apply to the same nodes', async () => {
    const bench = new ToldBench({ registers: 1, tiled: 2, even: 0.5 });
    expect(await kernels(contestGraph([[3, 100], [4, 200]]), { bench })).toEqual(['registers', 'even']);
    expect(bench.timed).toEqual(['4: registers tiled even', '3: registers tiled']);
  });

  it('is without kernels made for another size of subgroup', async () => {
    const bench = new ToldBench({ tiled: 2, registers: 3, lanes: 1 });
    const wave = await gpuNamed({ subgroupMinSize: 64, subgroupMaxSize: 64 });
    Object.assign(wave.facts, { subgroupSize: 64 });
    expect(await kernels(contestGraph(ODD), { bench }, wave)).toEqual(['lanes']);
    expect(await kernels(contestGraph(ODD), { bench })).toEqual(['tiled']);
    expect(bench.timed).toEqual(['3: registers lanes tiled', '3: registers tiled']);
  });

  it('is decided by the two shapes with the most work, each as often as the graph has it', async () => {
    const graph = contestGraph([[3, 100], [5, 90], [5, 90], [5, 90], [7, 1]]);
    const bench = new ToldBench({ 'registers 3': 4, 'tiled 3': 1, 'registers 5': 1, 'tiled 5': 2.5, 'registers 7': 1000 });
    expect(await kernels(graph, { bench })).toEqual(Array(5).fill('registers'));
    expect(bench.timed).toEqual(['5: registers tiled', '3: registers tiled']);
    bench.times = { ...bench.times, 'tiled 5': 1.5 };
    expect(await kernels(graph, { bench })).toEqual(Array(5).fill('tiled'));
  });

  it('leaves out shapes that take too long to time, unless there is no other', async () => {
    const bench = new ToldBench();
    await kernels(contestGraph([[3, 17e9], [5, 1e9]]), { bench });
    await kernels(contestGraph([[3, 18e9], [5, 17e9]]), { bench });
    expect(bench.timed).toEqual(['5: registers tiled', '5: registers tiled']);
  });

  it('without a clock that runs is left to the rule', async () => {
    expect(await kernels(contestGraph(ODD), { bench: new ToldBench({ registers: Infinity, tiled: Infinity }) })).toEqual(['tiled']);
  });

  it('does not take a kernel that no question applies to', async () => {
    const bench = new ToldBench({ registers: 3, tiled: 2, even: 1 });
    bench.unasked = ['even'];
    expect(await kernels(contestGraph([[4, 100]]), { bench })).toEqual(['tiled']);
    expect(bench.timed).toEqual(['4: registers tiled']);
  });
});

describe('a kernel that answers wrongly', () => {
  it('is dropped, even where the rule chooses it and it is the fastest, and asked again by the next start', async () => {
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = new ToldBench({ tiled: 1, registers: 2 });
    bench.wrong = ['tiled'];
    for (const starts of [1, 2, 3, 4]) {
      gpu = await gpuNamed();
      expect(await kernels(contestGraph(ODD), { bench, cache })).toEqual(['registers']);
      expect([...gpu.dropped].map(([name, { message }]) => [name, message])).toEqual([['gemm/tiled', 'wrong: tiled']]);
      expect(bench.timed).toEqual(Array(starts).fill('3: registers'));
    }
  });

  it('is dropped in other ops that have it of the same text', async () => {
    const bench = new ToldBench();
    bench.wrong = ['tiled', 'even'];
    const graph = contestGraph([[4, 100]]);
    graph.apply(otherOp, { x: graph.input('other', { dtype: 'f32', shape: [1, 4] }) }, {});
    expect(await kernels(graph, { bench })).toEqual(['registers', 'registers']);
    expect([...gpu.dropped.keys()]).toEqual(['gemm/tiled', 'gemm/even', 'other/tiled']);
  });

  it('is the end where it is the safe one', async () => {
    const bench = new ToldBench();
    bench.wrong = ['registers'];
    await expect(tuneKernels(gpu, contestGraph(ODD), { bench })).rejects.toMatchObject({ code: 'GPU_UNSOUND' });
    expect(bench.timed).toEqual([]);
  });
});

describe('a bench that fails', () => {
  it.each(['check', 'time'] as const)('at its %s leaves the rule, and the next start tries again', async (what) => {
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = new ToldBench({ tiled: 2, registers: 1 });
    const fault = vi.spyOn(bench, what).mockRejectedValue(new OutOfMemoryError('GPU_OOM', 'no room'));
    expect(await kernels(contestGraph(ODD), { bench, cache })).toEqual(['tiled']);
    expect(fault).toHaveBeenCalledTimes(what === 'check' ? 2 : 1);
    fault.mockRestore();
    expect(await kernels(contestGraph(ODD), { bench, cache })).toEqual(['registers']);
    expect([...gpu.dropped]).toEqual([]);
  });
});

describe('the start of a contest', () => {
  it('is kept before anything runs', async () => {
    const caches = new MemoryCaches();
    const bench = new ToldBench();
    const seen: string[][] = [];
    vi.spyOn(bench, 'check').mockImplementation(async () => {
      seen.push([...caches.entries.values()].map((body) => new TextDecoder().decode(body)));
      return true;
    });
    await kernels(contestGraph(ODD), { bench, cache: browserCache({ caches }) });
    const visible = ['1', expect.stringContaining('"sha256"')];
    expect(seen).toEqual([visible, visible]);
  });

  it.each([['is never done', () => new Promise<undefined>(() => {})], ['fails', () => Promise.reject(new Error('no room'))]])('is not waited for long where keeping it %s', async (_, put) => {
    const bench = new ToldBench({ tiled: 2, registers: 1 });
    const cache = { match: async () => undefined, delete: async () => undefined, put };
    expect(await kernels(contestGraph(ODD), { bench, milliseconds: 200, cache })).toEqual(['registers']);
  });
});

describe('a device that is lost while kernels are timed', () => {
  let caches: MemoryCaches;
  beforeEach(() => {
    caches = new MemoryCaches();
  });

  /** A start whose device is lost at its first times, and what `time` then does. Whether it got that far. */
  async function start(expected: string, time: () => Promise<readonly number[]>, info: Partial<GPUAdapterInfo> = {}): Promise<boolean> {
    const faulty = new FaultyDevice((await nullGpu()).device);
    const bench = new ToldBench();
    const timed = vi.spyOn(bench, 'time').mockImplementation(() => {
      faulty.lose();
      return time();
    });
    expect(await kernels(contestGraph(ODD), { bench, cache: browserCache({ caches }) }, await gpuNamed(info, faulty.device))).toEqual([expected]);
    return timed.mock.calls.length > 0;
  }

  it.each([
    ['fails', async () => Promise.reject(new InternalError('INTERNAL_READBACK', 'lost'))],
    ['seems to work', async () => [1, 2]],
  ])('does not have them tried on more than three starts, and gets the safe kernel then: what is under way %s', async (_, time) => {
    for (const tries of [1, 2, 3]) expect(await start('tiled', time), `start ${tries}`).toBe(true);
    for (const tries of [4, 5]) expect(await start('registers', time), `start ${tries}`).toBe(false);
    expect(await start('tiled', time, { description: 'driver 2' })).toBe(true);
  });

  it('is remembered where other starts ran out of time', async () => {
    const slow = new ToldBench();
    slow.time = () => new Promise(() => {});
    const outOfTime = async () => kernels(contestGraph(ODD), { bench: slow, cache: browserCache({ caches }), milliseconds: 80 });
    expect(await outOfTime()).toEqual(['tiled']);
    expect(await start('tiled', async () => [1, 2])).toBe(true);
    expect(await outOfTime()).toEqual(['tiled']);
    expect(await outOfTime()).toEqual(['registers']);
  });
});

describe('a CPU adapter', () => {
  it('is asked nothing, times nothing, and keeps the rule', async () => {
    const bench = new ToldBench({ registers: 0.1 });
    const cpu = await gpuNamed({ description: 'llvmpipe' });
    const cache = { match: vi.fn(), put: vi.fn(), delete: vi.fn() };
    expect(await kernels(contestGraph(ODD), { bench, cache }, cpu)).toEqual(['wide']);
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

  it.each(['check', 'time'] as const)('when it is up, leaves what is undecided to the rule, and asks no more: %s', async (what) => {
    const bench = slow(what, 200, { registers: 1, tiled: 2 });
    const tuning = kernels(contestGraph(ODD), { bench, milliseconds: 20 });
    await vi.advanceTimersByTimeAsync(20);
    expect(await tuning).toEqual(['tiled']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(bench.asked.length).toBe(2);
    expect(bench.timed.length).toBe(what === 'time' ? 1 : 0);
  });

  it('is 300 ms unless told otherwise', async () => {
    let settled = false;
    const tuning = tuneKernels(gpu, contestGraph(ODD), { bench: slow('check', 10_000, {}) }).then(() => (settled = true));
    await vi.advanceTimersByTimeAsync(299);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(settled).toBe(true);
    await tuning;
  });

  it('that ran out at a contest on three starts is not spent on it again', async () => {
    vi.useRealTimers();
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = slow('time', 120, { registers: 1, tiled: 2 });
    for (let start = 1; start <= 4; start++) {
      expect(await kernels(contestGraph(ODD), { bench, cache, milliseconds: 80 })).toEqual(['tiled']);
      await new Promise((resolve) => setTimeout(resolve, 80));
      expect(bench.timed.length).toBe(Math.min(start, 3));
    }
  });
});

describe('the table of adapters', () => {
  it('says where to start: that kernel stays where the time is too short, or nothing is 5 % faster', async () => {
    const arm = () => gpuNamed({ vendor: 'arm' });
    expect(await kernels(contestGraph(ODD), { bench: new ToldBench({ tiled: 1, registers: 1.04 }) }, await arm())).toEqual(['registers']);
    expect(await kernels(contestGraph(ODD), { bench: new ToldBench({ tiled: 1, registers: 1.06 }) }, await arm())).toEqual(['tiled']);
    const bench = new ToldBench();
    bench.time = () => new Promise(() => {});
    expect(await kernels(contestGraph(ODD), { bench, milliseconds: 20 }, await arm())).toEqual(['registers']);
    bench.wrong = ['tiled'];
    expect(await kernels(contestGraph(ODD), { bench, milliseconds: 20 }, await gpuNamed())).toEqual(['registers']);
  });

  it('holds where the time is too short to ask, on every start', async () => {
    const cache = browserCache({ caches: new MemoryCaches() });
    const bench = new ToldBench();
    bench.check = () => new Promise(() => {});
    const asked = vi.spyOn(bench, 'check');
    for (const starts of [1, 2, 3, 3]) {
      expect(await kernels(contestGraph(ODD), { bench, cache, milliseconds: 80 }, await gpuNamed({ vendor: 'arm' }))).toEqual(['registers']);
      expect(asked).toHaveBeenCalledTimes(2 * starts);
    }
    const decided = browserCache({ caches: new MemoryCaches() });
    for (const times of [{ tiled: 1, registers: 2 }, {}]) expect(await kernels(contestGraph(ODD), { bench: new ToldBench(times), cache: decided }, await gpuNamed({ vendor: 'arm' }))).toEqual(['tiled']);
  });
});

describe('what was decided', () => {
  let caches: MemoryCaches;
  beforeEach(() => {
    caches = new MemoryCaches();
  });
  const FAST = { registers: 1, tiled: 2 };

  /** A start of its own; whether anything was timed. */
  async function start(graph = contestGraph(ODD), info: Partial<GPUAdapterInfo> = {}): Promise<boolean> {
    const bench = new ToldBench(FAST);
    expect(await kernels(graph, { bench, cache: browserCache({ caches }) }, await gpuNamed(info))).toEqual(['registers']);
    return bench.timed.length + bench.asked.length > 0;
  }

  it('is known to the next start', async () => {
    expect([await start(), await start(), await start()]).toEqual([true, false, false]);
  });

  it('for the rule is known too', async () => {
    const times = { registers: 3, tiled: 2 };
    const [first, second] = [new ToldBench(times), new ToldBench(times)];
    expect(await kernels(contestGraph(ODD), { bench: first, cache: browserCache({ caches }) })).toEqual(['tiled']);
    expect(await kernels(contestGraph(ODD), { bench: second, cache: browserCache({ caches }) })).toEqual(['tiled']);
    expect([first.timed.length, second.timed.length]).toEqual([1, 0]);
  });

  it('does not hold for another adapter, driver or kernel', async () => {
    await start();
    expect(await start(contestGraph(ODD), { vendor: 'another' })).toBe(true);
    expect(await start(contestGraph(ODD), { architecture: 'newer' })).toBe(true);
    expect(await start(contestGraph(ODD), { description: 'driver 2' })).toBe(true);
    expect(await start(contestGraph(ODD, 'tiled, edited'))).toBe(true);
    expect(await start()).toBe(false);
  });

  it('and is damaged, or names no contender, is decided again', async () => {
    await start();
    const [key, kept] = [...caches.entries].find(([, body]) => new TextDecoder().decode(body) === 'registers') as [string, Uint8Array<ArrayBuffer>];
    caches.entries.set(key, kept.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
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
        return writer && { write: async () => writer.write(new TextEncoder().encode(word)), abort: () => writer.abort(), commit: async () => writer.commit(await digest(word)) };
      },
    };
    await kernels(contestGraph(ODD), { bench, cache });
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
