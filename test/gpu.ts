import { adapterName, Gpu } from '../src/gpu/gpu.js';
import { nodeGpu } from '../src/node/gpu.js';
import { leastGpu } from './least_gpu.js';

let shared: Promise<Gpu> | undefined;

/**
 * The one device of the suite: with all that the adapter has or, where DEPTHWISE_PROFILE is `least`, with the least
 * that WebGPU promises. No adapter is a failure, never a skip.
 */
export function testGpu(): Promise<Gpu> {
  return (shared ??= open());
}

async function open(): Promise<Gpu> {
  const { DEPTHWISE_PROFILE: profile = 'all' } = process.env;
  if (profile !== 'all' && profile !== 'least') throw new Error(`DEPTHWISE_PROFILE is all or least, not "${profile}".`);
  const gpu = profile === 'least' ? await leastTestGpu() : await Gpu.request({ gpu: await nodeGpu() });
  console.log(`adapter: ${adapterName(gpu.adapter)}${profile === 'least' ? ', least limits and features' : ''}`);
  return gpu;
}

/** A device of the adapter with the least limits and no optional feature. */
export async function leastTestGpu(): Promise<Gpu> {
  return Gpu.request({ gpu: leastGpu(await nodeGpu()) });
}
