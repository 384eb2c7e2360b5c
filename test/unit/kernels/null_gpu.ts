import { Gpu } from '../../../src/gpu/gpu.js';

let shared: Promise<Gpu> | undefined;

/**
 * A device of Dawn's null backend with WebGPU's default limits, shader-f16 and subgroups: it validates as any adapter
 * would and computes nothing, so that shaders can be checked where no adapter is.
 */
export function nullGpu(): Promise<Gpu> {
  return (shared ??= open());
}

async function open(): Promise<Gpu> {
  const { create } = await import('webgpu');
  const instance = create(['backend=null']);
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new Error('Dawn has no null backend.');
  const gpu = Gpu.adopt(await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'] }));
  gpu.instance = instance;
  return gpu;
}
