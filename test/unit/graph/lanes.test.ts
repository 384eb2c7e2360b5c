import { describe, expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { Graph } from '../../../src/graph/graph.js';
import { compilePipelines } from '../../../src/graph/kernel_choice.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { gemmLayerNorm } from '../../../src/kernels/gemm_layer_norm.js';
import { openNull } from '../kernels/null_gpu.js';

const CHOOSES = 'subgroup-size-control' as GPUFeatureName;

/** A device that says some things of itself, and only those. */
function deviceOf(device: Partial<GPUDevice>, info: Partial<GPUAdapterInfo>, features: readonly string[]): GPUDevice {
  const said = { adapterInfo: info, features: new Set(features), limits: {}, lost: new Promise(() => undefined) };
  return new Proxy(device as GPUDevice, {
    get(target, key) {
      if (key in said && !(key === 'limits' && key in target)) return said[key as keyof typeof said];
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the lanes that kernels ask for', () => {
  const RDNA = { vendor: 'amd', subgroupMinSize: 32, subgroupMaxSize: 64 };

  it.each([
    ['RDNA', RDNA, [CHOOSES], 32],
    ['Intel Gen12', { vendor: 'intel', subgroupMinSize: 8, subgroupMaxSize: 32 }, [CHOOSES], 8],
    ['Intel Xe2', { vendor: 'intel', subgroupMinSize: 16, subgroupMaxSize: 32 }, [CHOOSES], 16],
    ['Intel that leaves no choice', { vendor: 'intel', subgroupMinSize: 8, subgroupMaxSize: 32 }, ['subgroups'], 0],
    ['NVIDIA', { vendor: 'nvidia', subgroupMinSize: 32, subgroupMaxSize: 32 }, [CHOOSES], 0],
    ['RDNA that leaves no choice', RDNA, ['subgroups'], 0],
  ])('are those of %s', (_, info, features, lanes) => {
    const { facts } = Gpu.adopt(deviceOf({}, info, features));
    expect(facts.lanes).toBe(lanes);
    expect(facts.slim).toBe(info.vendor === 'intel' && lanes === 0);
  });

  /** Texts that a device like RDNA is given to compile, and the kernels that it has dropped. */
  async function compiled(features: GPUFeatureName[]): Promise<{ texts: string[]; dropped: string[] }> {
    const { device } = await openNull(features);
    const texts: string[] = [];
    const make = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) => {
      texts.push(descriptor.code);
      return make(descriptor);
    };
    const gpu = Gpu.adopt(deviceOf(device, RDNA, [...device.features, CHOOSES]));
    const graph = new Graph('f32');
    const named = (name: string, ...shape: number[]) => graph.input(name, { dtype: 'f32', shape });
    graph.apply(gemm, { x: named('x', 1370, 384), weight: named('w', 384, 384), bias: named('b', 384) }, {});
    // 136 invocations, no multiple of 32.
    const rows = { x: named('rows', 16, 24), weight: named('v', 24, 272), residual: named('r', 16, 272) };
    graph.apply(gemmLayerNorm, { ...rows, affine: named('a', 2, 272), norm: named('n', 2, 272) }, { eps: 1e-6 });
    await compilePipelines(graph, gpu, () => 'tiled');
    return { texts, dropped: [...gpu.dropped.keys()] };
  }

  it('stand in the text of a kernel, and are left out where its workgroup is no multiple of them', async () => {
    const { texts, dropped } = await compiled(['subgroups', CHOOSES]);
    const chosen = texts.map((text) => text.includes('@subgroup_size(32)'));
    expect(chosen.sort()).toEqual([false, true, true]);
    expect(dropped).toEqual([]);
  });

  it('are left out where the device then compiles nothing', async () => {
    const { texts, dropped } = await compiled(['subgroups']);
    expect(texts.filter((text) => !text.includes('@subgroup_size')).length).toBe(2);
    expect(dropped).toEqual([]);
  });
});
