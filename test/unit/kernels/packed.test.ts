import { describe, expect, it } from 'vitest';
import type { DeviceFacts } from '../../../src/gpu/gpu.js';
import { Graph } from '../../../src/graph/graph.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { kernelNames, ruleKernel } from '../../../src/kernels/op.js';
import { attrsOf, inputTypes } from '../../../truth/inputs.js';
import { specs } from '../../../truth/specs.js';
import { kernelOf } from '../../kernels/instances.js';
import { kernels, ToldBench } from '../tuning/told_bench.js';

const GPU: DeviceFacts = { software: false, f16: true, subgroupSize: 0, lanes: 0, slim: false, invocations: 256 };
const withPacked = specs.filter(({ op }) => kernelNames(op).includes('packed'));

/** A product of `rows` with 384 columns, which keeps a GPU busy where they are many. */
function productGraph(dtype: 'f32' | 'f16', rows = 1024): Graph {
  const graph = new Graph(dtype);
  const x = graph.input('x', { dtype, shape: [rows, 384] });
  const weight = graph.input('weight', { dtype, shape: [384, 384] });
  const bias = graph.input('bias', { dtype: 'f32', shape: [384] });
  graph.apply(gemm, { x, weight, bias }, { out: dtype });
  return graph;
}

describe('the packed kernel', () => {
  it('is of products in tiles, whose specs bound the error of a run', () => {
    expect(withPacked.map(({ op, run }) => [op.name, run])).toEqual([
      ['gemm', 16],
      ['transposed_conv', 16],
    ]);
  });

  it.each(withPacked)('of $op.name is picked by no rule, and fits nothing in f32', (spec) => {
    for (const kase of [...spec.cases, ...spec.perf])
      for (const half of [false, true]) {
        const [inputs, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
        for (const slim of [false, true])
          expect(ruleKernel(spec.op, inputs, attrs, spec.op.infer(inputs, attrs), { ...GPU, slim })).not.toBe('packed');
        if (!half) expect(kernelOf(spec, kase, 'packed', false), kase.name).toBeUndefined();
      }
  });

  it('is timed where a GPU runs a network in f16, and chosen where it takes less', async () => {
    const bench = new ToldBench({ packed: 0.6, tiled: 1, split: 1.2, registers: 3 });
    expect(await kernels(productGraph('f32'), { bench })).toEqual(['tiled']);
    expect(bench.asked).not.toContain('gemm/packed');
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['packed']);
    expect(bench.asked).toContain('gemm/packed');
    bench.wrong = ['packed'];
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['tiled']);
  });

  it('is not timed on products that leave its tiles empty, so that no page fetches it for them', async () => {
    const bench = new ToldBench({ packed: 0.6, tiled: 1, split: 1.2, registers: 3 });
    expect(await kernels(productGraph('f16', 64), { bench })).not.toContain('packed');
    expect(bench.asked).not.toContain('gemm/packed');
  });

  it('is not chosen without a gain of 5 %', async () => {
    const bench = new ToldBench({ packed: 0.96, tiled: 1, split: 1.2, registers: 3 });
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['tiled']);
  });
});
