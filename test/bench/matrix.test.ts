import { beforeAll, describe, expect, it } from 'vitest';
import { MATRIX_FEATURE, matrixEdge, withMatrixKernels, type MatrixConfig } from '../../bench/matrix.js';
import { Gpu } from '../../src/gpu/gpu.js';
import { distinct, instances, type Instance } from '../kernels/instances.js';
import { specs } from '../../truth/specs.js';

const config = (componentType: string, resultComponentType: string, M: number, N = M, K = M): MatrixConfig => ({
  componentType,
  resultComponentType,
  M,
  N,
  K,
});

describe('matrixEdge', () => {
  it('takes the largest square of f16 into f32, and nothing else', () => {
    expect(matrixEdge([config('f16', 'f16', 16), config('f16', 'f32', 8), config('f16', 'f32', 16)])).toBe(16);
    expect(matrixEdge([config('f32', 'f32', 16), config('f16', 'f32', 8)])).toBe(8);
    for (const configs of [
      undefined,
      [],
      [config('f16', 'f16', 16)],
      [config('f16', 'f32', 8, 16, 16)],
      [config('i8', 'i32', 16)],
    ]) {
      expect(() => matrixEdge(configs)).toThrowError(expect.objectContaining({ code: 'GPU_UNAVAILABLE' }));
    }
  });
});

/** The kernels on matrices, as specs ask for them. */
const products = ([8, 16] as const).map(async (edge) => {
  const all = await instances(withMatrixKernels(specs, edge));
  return { edge, found: distinct(all.filter(({ label }) => label.includes('/matrix '))) };
});

describe.each(await Promise.all(products))('products on matrices with an edge of $edge', ({ found }) => {
  let gpu: Gpu;
  beforeAll(async () => {
    const { create } = await import('webgpu');
    const instance = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
    gpu = await Gpu.request({ gpu: instance, features: [MATRIX_FEATURE] });
  });

  const compile = ({ code, label }: Instance) => gpu.pipelines.get(code, label);

  it('exist for f16 with every epilogue of gemm and transposed_conv', () => {
    expect(found.every(({ label }) => label.endsWith(' f16'))).toBe(true);
    expect(new Set(found.map(({ kernel }) => kernel.files.slice(2).join()))).toHaveLength(4);
  });

  it('pass the compiler, the limits and the rules of the draft', async () => {
    const results = await Promise.allSettled(found.map(compile));
    expect(results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))).toEqual([]);
  });

  it('would be refused with operands in f32 and results in f16', async () => {
    const [one] = found as [Instance, ...Instance[]];
    const wrong = { ...one, code: one.code.replace('subgroup_matrix_left<f16', 'subgroup_matrix_left<f32') };
    expect(wrong.code).not.toBe(one.code);
    await expect(compile(wrong)).rejects.toMatchObject({ code: 'SHADER_COMPILE' });
  });
});
