/**
 * An entry point that knows adapters of WebGPU's compatibility mode alone, which have no optional feature and the least
 * limits that a device has: 128 invocations, 16 KiB of workgroup memory, 8 storage buffers, textures of 4,096 texels on
 * a side. Dawn holds their devices to that.
 */
export function leastGpu(gpu: GPU): GPU {
  return { ...gpu, requestAdapter: (options) => leastAdapter(gpu, options) } as GPU;
}

async function leastAdapter(gpu: GPU, options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
  const compatible = { ...options, featureLevel: 'compatibility' };
  const adapter = await gpu.requestAdapter(compatible);
  if (!adapter) return null;
  // An adapter of Dawn's has the limits of its hardware; a device that asks for none has the least.
  const device = await (await gpu.requestAdapter(compatible))!.requestDevice();
  const { limits } = device;
  device.destroy();
  return {
    features: new Set<string>(),
    limits,
    info: adapter.info,
    requestDevice: (descriptor?: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
  } as unknown as GPUAdapter;
}
