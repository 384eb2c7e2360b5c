import { beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { KernelCase, KernelSpec } from '../../src/kernels/spec.js';
import type { Actual } from '../../truth/compare.js';
import { testGpu } from '../gpu.js';
import { makeInputs } from '../../truth/inputs.js';
import { runCase } from './run_case.js';
import { specs } from '../../truth/specs.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const linear = { x: [5, 8], weight: [8, 8], bias: [8] };
const same = { stride: 1, pad: { top: 1, left: 1, bottom: 1, right: 1 } };
const conv = { x: [4, 9, 8], weight: [3, 3, 8, 8], bias: [8], residual: [4, 9, 8], low: [2, 5, 8] };

/** One case of every way a product is stored, without an activation. */
const STORES: readonly [string, string, Omit<KernelCase<unknown>, 'name'>][] = [
  ['store', 'gemm', { inputs: linear, attrs: {} }],
  ['store_residual', 'gemm', { inputs: { ...linear, residual: [5, 8] }, attrs: {} }],
  ['store_fusion', 'conv2d', { inputs: conv, attrs: same }],
  ['store_shuffle', 'transposed_conv', { inputs: { x: [3, 4, 8], weight: [8, 16], bias: [4] }, attrs: { stride: 2 } }],
];

// A NaN that a store turned into a number would come out as a plausible depth.
describe.each(STORES)('an f32 output of %s', (name, op, kase) => {
  const spec = specs.find((each) => each.op.name === op) as KernelSpec;
  it.each([
    ['NaN', NaN, Number.isNaN],
    ['an infinity', Infinity, (value: number) => Math.abs(value) === Infinity],
  ])('keeps %s', async (_, value, kept) => {
    const inputs = makeInputs(spec, { name, ...kase }, false);
    (inputs['x'] as { data: Float64Array }).data[0] = value;
    const { y } = await runCase(gpu, spec, inputs, kase.attrs, 'registers');
    expect(Array.from((y as Actual).values.subarray(0, 4)).map(kept)).toEqual([true, true, true, true]);
  });
});
