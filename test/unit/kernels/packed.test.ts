import { beforeEach, describe, expect, it } from 'vitest';
import { Gpu, type DeviceFacts } from '../../../src/gpu/gpu.js';
import { Graph } from '../../../src/graph/graph.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { kernelNames, ruleKernel } from '../../../src/kernels/op.js';
import type { KernelSpec } from '../../../src/kernels/spec.js';
import { opened, parts } from '../../../src/parts.js';
import { chooseStorage } from '../../../src/runtime/precision.js';
import { attrsOf, inputTypes } from '../../../truth/inputs.js';
import { specs } from '../../../truth/specs.js';
import { testGpu } from '../../gpu.js';
import { kernelOf, madeKernels } from '../../kernels/instances.js';
import { kernels, ToldBench } from '../tuning/told_bench.js';

const GPU: DeviceFacts = { software: false, f16: true, subgroupSize: 0, lanes: 0, slim: false, invocations: 256 };
const isPacked = (name: string) => name.startsWith('packed_');
const packedOf = (spec: KernelSpec) => madeKernels(spec).filter(isPacked);
const withPacked = specs.filter((spec) => packedOf(spec).length > 0);

beforeEach(() => parts.packed());

/** A product whose tiles a GPU is kept busy with. */
function productGraph(dtype: 'f32' | 'f16'): Graph {
  const graph = new Graph(dtype);
  const x = graph.input('x', { dtype, shape: [1024, 384] });
  const weight = graph.input('weight', { dtype, shape: [384, 384] });
  const bias = graph.input('bias', { dtype: 'f32', shape: [384] });
  graph.apply(gemm, { x, weight, bias }, { out: dtype });
  return graph;
}

describe('packed kernels', () => {
  it('are of products in tiles, whose specs bound the error of a run', () => {
    expect(withPacked.map((spec) => [spec.op.name, spec.run, ...packedOf(spec)])).toEqual([
      ['gemm', 16, 'packed_tiled'],
      ['transposed_conv', 16, 'packed_tiled'],
    ]);
  });

  it.each(specs)('of $op.name are picked by no rule, and fit nothing in f32', (spec) => {
    for (const kase of [...spec.cases, ...spec.perf])
      for (const half of spec.halfAttrs ? [false, true] : [false]) {
        const [inputs, attrs] = [inputTypes(spec, kase, half), attrsOf(spec, kase, half)];
        const outputs = spec.op.infer(inputs, attrs);
        for (const slim of [false, true])
          expect(ruleKernel(spec.op, inputs, attrs, outputs, { ...GPU, slim }), kase.name).not.toMatch(/^packed/);
        if (half) continue;
        for (const name of kernelNames(spec.op).filter(isPacked))
          expect(kernelOf(spec, kase, name, false), `${kase.name}, ${name}`).toBeUndefined();
      }
  });

  it('fit nothing before their part is there', async () => {
    delete opened.packed;
    expect(withPacked.flatMap(packedOf)).toEqual([]);
  });

  it('are fetched for a model in f16, and for no other', async () => {
    delete opened.packed;
    const gpu = Gpu.adopt((await testGpu()).device);
    expect(await chooseStorage(gpu, 'f32', () => [gemm])).toBe('f32');
    expect(opened.packed).toBeUndefined();
    expect(await chooseStorage(gpu, 'f16', () => [gemm])).toBe('f16');
    expect(opened.packed).toBeDefined();
  });

  it('are timed where a GPU runs a network in f16, and chosen where they take less', async () => {
    const bench = new ToldBench({ packed_tiled: 0.6, tiled: 1, split: 1.2, registers: 3 });
    expect(await kernels(productGraph('f32'), { bench })).toEqual(['tiled']);
    expect(bench.asked).not.toContain('gemm/packed_tiled');
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['packed_tiled']);
    expect(bench.asked).toContain('gemm/packed_tiled');
    bench.wrong = ['packed_tiled'];
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['tiled']);
  });

  it('are not chosen without a gain of 5 %', async () => {
    const bench = new ToldBench({ packed_tiled: 0.96, tiled: 1, split: 1.2, registers: 3 });
    expect(await kernels(productGraph('f16'), { bench })).toEqual(['tiled']);
  });
});
