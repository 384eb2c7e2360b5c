import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gpu } from '../../src/gpu/gpu.js';
import { modelFiles } from '../model_files.js';
import { intelFault } from './intel_driver.js';
import { compileForChip } from './null_device.js';
import type { StaticHost } from './options.js';

/** What runs and compiles kernels on this machine. `root` is the folder of the checkout. */
export async function staticHost(root: string, tool: StaticHost['tool']): Promise<StaticHost> {
  const files = modelFiles(async (name) => new Uint8Array(readFileSync(join(root, 'test/fixtures/models', name))));
  return {
    gpu: await countingGpu(),
    tool,
    tensors: (checkpoint) => files.tensors(checkpoint),
    compile: (chip, texts, how) => compileForChip(root, chip, texts, how),
    intelFault: () => intelFault(),
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

/** A device with a buffer more than kernels bind. */
async function countingGpu(): Promise<Gpu> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('There is no adapter to count the turns of loops on.');
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: (['shader-f16', 'subgroups'] as const).filter((name) => adapter.features.has(name)),
    requiredLimits: {
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  });
  const counting = Gpu.adopt(device);
  counting.instance = gpu;
  return counting;
}
