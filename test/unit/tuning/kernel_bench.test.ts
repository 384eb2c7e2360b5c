import { describe, expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { chooseKernel } from '../../../src/graph/executor.js';
import { Graph, type Node } from '../../../src/graph/graph.js';
import { attention } from '../../../src/kernels/attention.js';
import { defineOp } from '../../../src/kernels/op.js';
import { GpuBench } from '../../../src/tuning/kernel_bench.js';
import { tuneKernels } from '../../../src/tuning/tune_kernels.js';
import type { TensorType } from '../../../src/tensor.js';
import { FaultyDevice, type Fault, type Pretence } from '../../faults/faulty_device.js';
import { testGpu } from '../../gpu.js';

const EMPTY = { buffers: 0, textures: 0, bytes: 0 };

/** The adapter of the suite, which does not say that it is a CPU. */
async function hardware(pretence: Pretence = {}): Promise<{ gpu: Gpu; faulty: FaultyDevice }> {
  const faulty = new FaultyDevice((await testGpu()).device, pretence);
  const adapterInfo = { vendor: 'somebody', architecture: '', device: '', description: '' };
  const gpu = Gpu.adopt(new Proxy(faulty.device, { get: (target, key) => (key === 'adapterInfo' ? adapterInfo : Reflect.get(target, key)) }));
  expect(gpu.facts.software).toBe(false);
  return { gpu, faulty };
}

const COUNT = (steps: number) => `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main() {
  var sum = x[0];
  for (var i = 0; i < ${steps}; i++) { sum = fma(sum, 0.5, x[0]); }
  y[0] = sum;
}`;
const counting = (source: string) => () => ({ sources: [source], tunables: {}, params: {}, workgroups: 1 });

/** An op whose kernels take 20 times as long, and do not compile. */
const count = defineOp<{ x: TensorType }, object>({
  name: 'count',
  infer: ({ x }) => ({ y: x }),
  kernels: { short: counting(COUNT(2000)), long: counting(COUNT(40_000)), broken: counting(COUNT(1).replace('fma', 'nothing')) },
  cost: () => ({ flops: 1 }),
});

function only<T extends Graph>(graph: T): Node {
  return graph.nodes[0] as Node;
}

describe('timing', () => {
  it.each([['timestamps', []], ['the queue', ['timestamp-query']]] as const)('by %s tells a kernel from one that takes 20 times as long, and from one that does not compile', async (_, without) => {
    const { gpu, faulty } = await hardware({ without });
    const graph = new Graph();
    graph.apply(count, { x: graph.input('x', { dtype: 'f32', shape: [1] }) }, {});
    const bench = new GpuBench(gpu, 'f32');
    const [short = 0, long = 0, broken] = (await bench.time(only(graph), ['short', 'long', 'broken'], () => false)) ?? [];
    expect(long / short).toBeGreaterThan(4);
    expect(short).toBeGreaterThan(1e-4);
    expect(broken).toBe(Infinity);
    expect([...gpu.dropped.keys()]).toEqual(['count/broken']);
    expect(await bench.time(only(graph), ['short', 'long'], () => true)).toBeUndefined();
    expect(faulty.held).toEqual(EMPTY);
    expect(faulty.uncaptured).toEqual([]);
  });
});

describe('a fault while timing', () => {
  it.each<[string, Fault, RegExp]>([
    ['createBuffer', 'oom', /^GPU_OOM$/],
    ['createBuffer', 'throw', /^GPU_OOM$/],
    ['createQuerySet', 'throw', /^GPU_OOM$/],
    ['createBindGroup', 'throw', /^GPU_OOM$/],
    ['submit', 'invalid', /^INTERNAL_VALIDATION$/],
    ['mapAsync', 'reject', /^INTERNAL_READBACK$/],
  ])('at each call of %s (%s) is told, and leaves nothing', async (call, fault, code) => {
    const { gpu, faulty } = await hardware();
    const graph = new Graph();
    graph.apply(count, { x: graph.input('x', { dtype: 'f32', shape: [1] }) }, {});
    const time = () => new GpuBench(gpu, 'f32').time(only(graph), ['short', 'long'], () => false);
    await time();
    for (let k = 1; k <= 3; k++) {
      faulty.arm(call, k, fault);
      const error: unknown = await time().catch((thrown: unknown) => thrown);
      if (faulty.pending) break;
      expect(error, `fault ${k}`).toMatchObject({ code: expect.stringMatching(code) });
      expect(faulty.held).toEqual(EMPTY);
    }
    expect(faulty.calls.get(call)).toBeGreaterThan(1);
    faulty.disarm();
    expect(faulty.uncaptured).toEqual([]);
  });
});

describe('attention on an adapter that does not say it is a CPU', () => {
  const graph = new Graph();
  const { y } = graph.apply(attention, { qkv: graph.input('qkv', { dtype: 'f32', shape: [256, 3 * 128] }) }, { heads: 2 });
  const node = only(graph);

  it('is asked and timed, and the kernel without workgroup memory is found the faster', async () => {
    const { gpu, faulty } = await hardware();
    expect(chooseKernel(node, gpu).variant).toBe('tiled');
    const { variant } = await tuneKernels(gpu, graph, { milliseconds: 600_000 });
    expect(variant(node)).toBe('registers');
    expect(y.type.shape).toEqual([256, 128]);
    expect([...gpu.dropped]).toEqual([]);
    expect(faulty.held).toEqual(EMPTY);
  });

  it('loses a kernel that answers wrongly', async () => {
    const { gpu, faulty } = await hardware();
    let rewritten = '';
    // The last value is left out of the sum.
    faulty.rewrite = (code, label) => (rewritten = label === 'attention/tiled' ? code.replace('min(KEYS, params.T - key0)', 'min(KEYS, params.T - 1 - key0)') : code);
    await expect(new GpuBench(gpu, 'f32').check('attention', 'tiled')).rejects.toMatchObject({ code: 'GPU_UNSOUND', message: expect.stringContaining('kernel "attention/tiled"') });
    expect(rewritten).toContain('params.T - 1 - key0');
    expect(faulty.held).toEqual(EMPTY);
  });
});
