import { describe, expect, it } from 'vitest';
import { makeKernel, ruleKernel } from '../../../src/kernels/op.js';
import type { DeviceFacts } from '../../../src/gpu/gpu.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { gemmLayerNorm } from '../../../src/kernels/gemm_layer_norm.js';
import type { TensorType } from '../../../src/tensor.js';

const GPU: DeviceFacts = { software: false, f16: true, subgroupSize: 32, lanes: 0, slim: false, invocations: 256 };
const LLVMPIPE: DeviceFacts = { software: true, f16: true, subgroupSize: 8, lanes: 0, slim: false, invocations: 256 };
const SWIFTSHADER: DeviceFacts = {
  software: true,
  f16: false,
  subgroupSize: 4,
  lanes: 0,
  slim: false,
  invocations: 256,
};

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape });
const linear = (M: number, K: number, N: number) => ({ x: f32(M, K), weight: f32(K, N), bias: f32(N) });
const chosen = (facts: DeviceFacts, M: number, K: number, N: number) =>
  ruleKernel(gemm, linear(M, K, N), {}, { y: f32(M, N) }, facts);

describe('a product', () => {
  it.each([
    [1370, 384, 1152],
    [1370, 1536, 384],
    [577, 1024, 4096],
    [325, 384, 1536],
  ])(
    'of [%d,%d] and [·,%d] goes through tiles on a GPU, and is handed round subgroups of eight on a CPU',
    (M, K, N) => {
      expect(chosen(GPU, M, K, N)).toBe('tiled');
      expect(chosen(LLVMPIPE, M, K, N)).toBe('subgroup');
      expect(chosen(SWIFTSHADER, M, K, N)).toBe('registers');
    },
  );

  it.each<[string, number, number, number, number]>([
    ['too few tiles', 256, 136, 816, 4],
    ['half empty tiles', 16384, 144, 16, 4],
    ['short sums', 4096, 32, 192, 1],
  ])('with %s shares the sums of a tile on a GPU where they are long', (_, M, K, N, shared) => {
    expect(chosen(GPU, M, K, N)).toBe('split');
    const made = makeKernel(gemm, 'split', linear(M, K, N), {}, { y: f32(M, N) });
    expect(made?.tunables['SPLIT']).toBe(shared);
  });

  it('of few rows or columns stays in registers on a CPU', () => {
    expect(chosen(LLVMPIPE, 1, 384, 384)).toBe('registers');
    expect(chosen(LLVMPIPE, 4096, 16, 8)).toBe('registers');
    expect(chosen(LLVMPIPE, 8, 384, 24)).toBe('subgroup');
  });

  it('has tall tiles where there are many of them', () => {
    const workgroups = (M: number, N: number) =>
      makeKernel(gemm, 'tiled', linear(M, 384, N), {}, { y: f32(M, N) })?.workgroups;
    expect(workgroups(1370, 384)).toBe(22 * 6);
    expect(workgroups(1370, 1536)).toBe(11 * 24);
  });
});

it(
  'a product and its layer norm go through tiles on a GPU, and round subgroups on a CPU, ' +
    'where rows are wide enough',
  () => {
    const layer = (N: number) => ({
      x: f32(325, 384),
      weight: f32(384, N),
      affine: f32(2, N),
      residual: f32(325, N),
      norm: f32(2, N),
    });
    const kernel = (facts: DeviceFacts, N: number) => {
      const outputs = { sum: f32(325, N), y: f32(325, N) };
      return ruleKernel(gemmLayerNorm, layer(N), { eps: 1e-6 }, outputs, facts);
    };
    expect([384, 128].map((N) => kernel(GPU, N))).toEqual(['tiled', 'rows']);
    expect([384, 100].map((N) => kernel(LLVMPIPE, N))).toEqual(['subgroup', 'rows']);
    expect(kernel(SWIFTSHADER, 384)).toBe('rows');
    const narrow = { ...GPU, invocations: 128 };
    expect([512, 516].map((N) => kernel(narrow, N))).toEqual(['tiled', 'rows']);
  },
);
