import { describe, expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { Executable } from '../../../src/graph/executor.js';
import { Graph } from '../../../src/graph/graph.js';
import { Pace } from '../../../src/graph/pace.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { defineOp } from '../../../src/kernels/op.js';
import type { TensorType } from '../../../src/tensor.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { countingDevice } from './counting_device.js';

const work = defineOp<{ x: TensorType }, { flops: number }>({
  name: 'work',
  infer: ({ x }) => ({ y: x }),
  kernels: [],
  cost: (_inputs, { flops }) => ({ flops }),
});

/** A chain of nodes of given work, in GFLOP. */
function pace(...gflops: number[]): Pace {
  const graph = new Graph();
  let x = graph.input('x', { dtype: 'f32', shape: [4] });
  for (const gflop of gflops) x = graph.apply(work, { x }, { flops: 1e9 * gflop }).y;
  return new Pace(graph.nodes);
}

describe('Pace', () => {
  it('makes one submit of a run known to take no more than 100 ms, or to be small', () => {
    expect(pace(10, 20, 10).ends()).toEqual([3]);
    expect(pace(0, 0).ends()).toEqual([2]);
    const large = pace(400, 400);
    large.noteDuration(99);
    expect(large.ends()).toEqual([2]);
  });

  it('cuts what has not been timed by its work, at half a TFLOP a second', () => {
    expect(pace(50, 50, 50).ends()).toEqual([1, 2, 3]);
    expect(pace(50, 1).ends()).toEqual([1, 2]);
  });

  it('cuts what has been timed into parts of equal work, of 100 ms each', () => {
    const even = pace(...Array.from({ length: 12 }, () => 1));
    even.noteDuration(350);
    expect(even.ends()).toEqual([3, 6, 9, 12]);
    const uneven = pace(1, 1, 8, 1, 1);
    uneven.noteDuration(250);
    expect(uneven.ends()).toEqual([3, 5]);
  });

  it('believes the least time, as runs also wait for each other', () => {
    const even = pace(1, 1, 1, 1);
    for (const milliseconds of [900, 150, 400]) even.noteDuration(milliseconds);
    expect(even.ends()).toEqual([2, 4]);
  });

  it('never makes more submits than there are steps', () => {
    const slow = pace(1, 1);
    slow.noteDuration(60_000);
    expect(slow.ends()).toEqual([1, 2]);
  });
});

describe('a cut run', () => {
  async function compiled(software: boolean) {
    const { device, counts } = countingDevice((await nullGpu()).device);
    const gpu = Gpu.adopt(device);
    const graph = new Graph();
    const value = (name: string, ...shape: number[]) => graph.input(name, { dtype: 'f32', shape });
    let x = value('x', 4, 8);
    for (let i = 0; i < 4; i++)
      x = graph.apply(gemm, { x, weight: value(`w${i}`, 8, 8), bias: value(`b${i}`, 8) }, {}).y;
    const seen = {
      device,
      pipelines: gpu.pipelines,
      dropped: gpu.dropped,
      facts: { ...gpu.facts, software },
    } as unknown as Gpu;
    const executable = await Executable.compile(graph, seen, {
      keep: [x],
    });
    const run = () => {
      counts.clear();
      const submit = (encoder: GPUCommandEncoder) => device.queue.submit([encoder.finish()]);
      let encoder = device.createCommandEncoder();
      const cut = () => {
        submit(encoder);
        return (encoder = device.createCommandEncoder());
      };
      const last = executable.encode(encoder, {}, { cut });
      expect(last).toBe(encoder);
      submit(encoder);
      return {
        passes: counts.get('beginComputePass'),
        dispatches: counts.get('dispatchWorkgroups'),
        submits: counts.get('submit'),
      };
    };
    return { executable, run };
  }

  it('is one pass and one submit, until a run is found to take long', async () => {
    const { executable, run } = await compiled(false);
    expect(run()).toEqual({ passes: 1, dispatches: 4, submits: 1 });
    executable.noteDuration(180);
    expect(run()).toEqual({ passes: 2, dispatches: 4, submits: 2 });
    executable.noteDuration(80);
    expect(run()).toEqual({ passes: 1, dispatches: 4, submits: 1 });
    executable.dispose();
  });

  it('leaves a run on a CPU whole, however long it takes', async () => {
    const { executable, run } = await compiled(true);
    executable.noteDuration(10_000);
    expect(run()).toEqual({ passes: 1, dispatches: 4, submits: 1 });
    executable.dispose();
  });
});
