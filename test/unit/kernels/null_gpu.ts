import { BufferUsage } from '../../../src/gpu/buffers.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { leastGpu } from '../../least_gpu.js';

let shared: Promise<Gpu> | undefined;
let least: Promise<Gpu> | undefined;

/**
 * A device of Dawn's null backend with WebGPU's default limits, shader-f16 and subgroups: it validates as any adapter
 * would and computes nothing, so that shaders can be checked where no adapter is. What is read back is 0, 1, 2, … in
 * f32, whatever was copied, as memory that nothing wrote may hold anything.
 */
export function nullGpu(): Promise<Gpu> {
  return (shared ??= openNull(['shader-f16', 'subgroups']));
}

/** The same with no optional feature and the least limits that a device has. */
export function leastNullGpu(): Promise<Gpu> {
  return (least ??= openLeast());
}

/** A new one, with other features. */
export async function openNull(requiredFeatures: GPUFeatureName[]): Promise<Gpu> {
  const instance = await nullInstance();
  const adapter = await instance.requestAdapter();
  if (!adapter) throw new Error('Dawn has no null backend.');
  const device = await adapter.requestDevice({ requiredFeatures });
  const make = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => counting(make(descriptor));
  const gpu = Gpu.adopt(device);
  gpu.instance = instance;
  return gpu;
}

async function openLeast(): Promise<Gpu> {
  return Gpu.request({ gpu: leastGpu(await nullInstance()) });
}

async function nullInstance(): Promise<GPU> {
  const { create } = await import('webgpu');
  return create(['backend=null']);
}

function counting(buffer: GPUBuffer): GPUBuffer {
  if (!(buffer.usage & BufferUsage.MAP_READ)) return buffer;
  const range = buffer.getMappedRange.bind(buffer);
  buffer.getMappedRange = (...args) => {
    const mapped = range(...args);
    new Float32Array(mapped, 0, mapped.byteLength >> 2).forEach((_, i, values) => (values[i] = i));
    return mapped;
  };
  return buffer;
}
