import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { Graph, type Recipe } from '../../../src/graph/graph.js';
import { ConstantStore } from '../../../src/weights/constant_store.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { rejection } from './pictures.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };
let faulty: FaultyDevice;
let store: ConstantStore;

beforeEach(async () => {
  faulty = new FaultyDevice((await nullGpu()).device);
  store = new ConstantStore(Gpu.adopt(faulty.device), 'test.safetensors');
});
afterEach(() => {
  store.dispose();
  expect(faulty.held).toEqual(EMPTY);
  expect(faulty.uncaptured).toEqual([]);
});

interface Declared {
  /** Of its recipe. */
  readonly name: string;
  readonly values: number;
  readonly perSize?: boolean;
  readonly dtype?: 'f32' | 'f16';
  readonly sources?: readonly string[];
}

const recipes = new Map<string, Recipe>();

/** The one recipe of a name, that joins its weights. */
function recipeOf(name: string): Recipe {
  const pack: Recipe['pack'] = (tensors, shape) =>
    Float32Array.from(tensors.flatMap(({ values }) => [...values])).subarray(0, shape[0]);
  if (!recipes.has(name)) recipes.set(name, { name, pack });
  return recipes.get(name)!;
}

/** A graph that does nothing but declare constants; each is the values of its sources, joined. */
function graphWith(...constants: readonly Declared[]): Graph {
  const graph = new Graph();
  for (const { name: recipe, values, perSize = false, dtype = 'f32', sources = ['t'] } of constants) {
    const weights = sources.map((name) => ({ name, shape: [values], sources: [name] }));
    graph.constant({
      recipe: recipeOf(recipe),

      type: { dtype, shape: [values] },
      weights,
      perSize,
    });
  }
  return graph;
}

/** The key of a constant. */
const keyOf = (declared: Declared): string => [...graphWith(declared).constants.keys()][0]!;

describe('ConstantStore', () => {
  it('refuses a constant whose recipe is not that of the one it would share a buffer with', async () => {
    const one = graphWith({ name: 'a', values: 4 });
    const other = new Graph();
    const weights = [{ name: 't', shape: [4], sources: ['t'] }];
    const recipe = { name: 'a', pack: () => new Float32Array(4) };
    other.constant({ recipe, type: { dtype: 'f32', shape: [4] }, weights });
    expect([...other.constants.keys()]).toEqual([...one.constants.keys()]);
    await store.declare(one);
    expect(await rejection(store.declare(other))).toMatchObject({ code: 'INTERNAL_CONSTANT' });
  });

  it('shares constants between graphs, and keeps those that do not depend on the size', async () => {
    const one = await store.declare(graphWith({ name: 'a', values: 4 }, { name: 'b', values: 8 }));
    const two = await store.declare(graphWith({ name: 'b', values: 8 }, { name: 'c', values: 4 }));
    expect(faulty.held.buffers).toBe(3);
    expect(store.bytes).toBe(64);
    store.deliver('t', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    await store.uploaded();
    one();
    two();
    two();
    expect(faulty.held.buffers).toBe(3);
    expect(() => store.buffer(keyOf({ name: 'a', values: 4 }))).not.toThrow();
  });

  it('frees what depends on the size with its last claim, and makes it again when asked', async () => {
    const table: Declared = { name: 'table 3×4', values: 8, perSize: true };
    const one = await store.declare(graphWith(table));
    store.deliver('t', Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const two = await store.declare(graphWith(table, { name: 'table 5×6', values: 4, perSize: true }));
    expect(store.bytes).toBe(48);
    one();
    one();
    expect(faulty.held.buffers).toBe(2);
    two();
    expect(faulty.held).toEqual(EMPTY);
    expect(store.bytes).toBe(0);
    expect(() => store.buffer(keyOf(table))).toThrow(expect.objectContaining({ code: 'INTERNAL_CONSTANT' }));
    (await store.declare(graphWith(table)))();
  });

  it('does not grow with sizes that come and go', async () => {
    await store.declare(graphWith({ name: 'w', values: 4 }));
    store.deliver('t', new Float32Array(8));
    for (let i = 0; i < 100; i++) {
      const release = await store.declare(
        graphWith({ name: 'w', values: 4 }, { name: `table ${i}`, values: 8, perSize: true, sources: ['t'] }),
      );
      expect(faulty.held.buffers).toBe(2);
      release();
    }
    expect(faulty.held.buffers).toBe(1);
  });

  it('declares a key once when two graphs ask at the same time', async () => {
    const graph = () => graphWith({ name: 'a', values: 4 }, { name: 'b', values: 4, perSize: true });
    const releases = await Promise.all([store.declare(graph()), store.declare(graph()), store.declare(graph())]);
    expect(faulty.held.buffers).toBe(2);
    for (const release of releases.slice(0, 2)) release();
    expect(faulty.held.buffers).toBe(2);
    releases[2]!();
    expect(faulty.held.buffers).toBe(1);
  });

  it('rejects for every graph that waits for an allocation that failed, and starts over after', async () => {
    faulty.arm('createBuffer', 2, 'oom');
    const graph = () => graphWith({ name: 'a', values: 4 }, { name: 'b', values: 4, perSize: true });
    const both = await Promise.allSettled([store.declare(graph()), store.declare(graph())]);
    for (const each of both)
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'GPU_OOM', actual: 32 } });
    expect(faulty.held).toEqual(EMPTY);
    expect(store.bytes).toBe(0);
    await store.declare(graph());
    expect(faulty.held.buffers).toBe(2);
  });

  it('leaves constants of others alone when a later graph fails', async () => {
    await store.declare(graphWith({ name: 'a', values: 4 }));
    faulty.arm('createBuffer', 1, 'throw');
    expect(await rejection(store.declare(graphWith({ name: 'a', values: 4 }, { name: 'b', values: 4 })))).toMatchObject(
      {
        code: 'GPU_OOM',
      },
    );
    expect(faulty.held.buffers).toBe(1);
    store.deliver('t', new Float32Array(4));
    expect(() => store.buffer(keyOf({ name: 'a', values: 4 }))).not.toThrow();
  });

  it('disposed while it allocates or after: rejects, and holds nothing', async () => {
    const pending = store.declare(graphWith({ name: 'a', values: 4 }));
    store.dispose();
    expect(await rejection(pending)).toMatchObject({ code: 'DISPOSED' });
    expect(await rejection(store.declare(graphWith({ name: 'a', values: 4 })))).toMatchObject({ code: 'DISPOSED' });
    store.deliver('t', new Float32Array(4));
    expect(store.wants('t')).toBe(false);
    expect(faulty.held).toEqual(EMPTY);
  });

  it('is told of an upload that failed', async () => {
    await store.declare(graphWith({ name: 'a', values: 4 }));
    faulty.arm('writeBuffer', 1, 'oom');
    store.deliver('t', new Float32Array(4));
    expect(await rejection(store.uploaded())).toMatchObject({
      code: 'GPU_OOM',
      message: expect.stringContaining(`"${keyOf({ name: 'a', values: 4 })}"`),
    });
  });

  it('packs from several tensors in any order of arrival, in f32 and in f16 of odd length', async () => {
    const written: Uint8Array[] = [];
    const writeBuffer = (_buffer: GPUBuffer, _offset: number, data: ArrayBuffer, from: number, size: number) =>
      written.push(new Uint8Array(data, from, size).slice());
    const gpu = {
      device: new Proxy(faulty.device, {
        get: (target, key) => (key === 'queue' ? { writeBuffer } : Reflect.get(target, key)),
      }),
    };
    const other = new ConstantStore(gpu as unknown as Gpu, 'test.safetensors');
    await other.declare(
      graphWith(
        { name: 'ab', values: 4, sources: ['a', 'b'] },
        { name: 'half', values: 3, dtype: 'f16', sources: ['a', 'b'] },
      ),
    );
    other.deliver('b', Float32Array.of(3, 4));
    expect(written).toEqual([]);
    expect(other.wants('a')).toBe(true);
    other.deliver('a', Float32Array.of(1, 2));
    await other.uploaded();
    expect([...new Float32Array(written[0]!.buffer)]).toEqual([1, 2, 3, 4]);
    expect([...new Uint16Array(written[1]!.buffer)]).toEqual([0x3c00, 0x4000, 0x4200, 0]);
    expect(other.wants('a')).toBe(false);
    other.dispose();
  });
});
