import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gpu } from '../../src/gpu/gpu.js';
import { noteCpu } from '../../src/gpu/time_limit.js';
import type { Graph } from '../../src/graph/graph.js';
import { chooseKernel } from '../../src/graph/kernel_choice.js';
import { nodeGpu } from '../../src/node/gpu.js';
import { parts } from '../../src/parts.js';
import { expectFixture } from '../models/expect_fixture.js';
import { fixtures } from '../models/fixtures.js';

/** A network of each kind, and the ops of it that must be slim: those that do its work. */
const MODELS = {
  'midas-v2.1-small-128x128': ['conv2d', 'depthwise', 'gemm', 'head', 'separable', 'upsampled_conv'],
  'depth-anything-v2-small-98x154': ['attention', 'conv2d', 'gemm', 'gemm_layer_norm', 'head', 'patch_embed'],
  'dpt-swin2-tiny-256-256x256': ['attention', 'conv2d', 'gemm', 'head', 'upsampled_conv'],
  'dpt-levit-224-224x224': ['attention', 'conv2d', 'cross_attention', 'gemm', 'phase_conv'],
} as const;

let gpu: Gpu;
beforeAll(async () => {
  await parts.slim();
  const device = await intelDevice();
  noteCpu(device); // It has no limit of time.
  gpu = Gpu.adopt(device);
});
afterAll(() => gpu?.device.destroy());

/** The adapter's device under the name of a GPU of Intel's, whose kernels may not choose lanes. */
async function intelDevice(): Promise<GPUDevice> {
  const adapter = (await (await nodeGpu()).requestAdapter())!;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = adapter.limits;
  const requiredLimits = { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX };
  const requiredFeatures = (['shader-f16'] as const).filter((name) => adapter.features.has(name));
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  const info = { vendor: 'intel', architecture: 'gen-12hp', device: '', description: '' };
  return Object.defineProperty(device, 'adapterInfo', { value: info });
}

describe('whole networks on slim kernels against the published code', () => {
  it('are those of a GPU of Intel that lets nobody choose lanes', () => {
    expect(gpu.facts).toMatchObject({ software: false, lanes: 0, slim: true });
  });

  it.for(Object.entries(MODELS))('%s', async ([name, ops]) => {
    const slim = new Set<string>();
    const see = ({ nodes }: Graph) => {
      for (const node of nodes) if (chooseKernel(node, gpu).name.startsWith('slim_')) slim.add(node.op.name);
    };
    await expectFixture(gpu, name, fixtures()[name]!, 'f32', { see });
    expect([...slim]).toEqual(expect.arrayContaining([...ops]));
  });
});
