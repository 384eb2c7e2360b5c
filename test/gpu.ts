import { adapterName, Gpu } from '../src/gpu/gpu.js';
import { nodeGpu } from '../src/node/gpu.js';

let shared: Promise<Gpu> | undefined;

/** The one device of the suite. No adapter is a failure, never a skip. */
export function testGpu(): Promise<Gpu> {
  return (shared ??= open());
}

async function open(): Promise<Gpu> {
  const gpu = await Gpu.request({ gpu: await nodeGpu() });
  console.log(`adapter: ${adapterName(gpu.adapter)}`);
  return gpu;
}
