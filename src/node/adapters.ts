import { GpuUnavailableError, TimeoutError } from '../errors.js';
import { withinTime } from '../gpu/time_limit.js';
import { nodeGpu } from './gpu.js';

/** An adapter as Dawn lists it; a part of its name chooses it. */
export interface ListedAdapter {
  readonly backend: string;
  readonly name: string;
}

/**
 * Dawn, with the adapter it will use. `name` is a part of the adapter's name.
 * @throws GpuUnavailableError GPU_UNAVAILABLE without Dawn; GPU_NO_ADAPTER where there is none, or none of that name;
 *   TimeoutError TIMEOUT_REQUEST
 */
export async function openAdapter(name?: string): Promise<{ gpu: GPU; adapter: GPUAdapter }> {
  const gpu = await nodeGpu(name === undefined ? {} : { adapter: name });
  const adapter = await requestAdapter(gpu).catch((error: unknown) => {
    if (error instanceof TimeoutError) throw error;
    const listed = parseAdapters(error).map((found) => JSON.stringify(found.name));
    throw new GpuUnavailableError('GPU_NO_ADAPTER', `No adapter has ${JSON.stringify(name)} in its name.`, {
      hint: listed.length ? `There is ${listed.join(', ')}.` : 'There is none at all.',
      actual: name,
      cause: error,
    });
  });
  if (adapter) return { gpu, adapter };
  throw new GpuUnavailableError('GPU_NO_ADAPTER', 'Dawn finds no GPU and no software adapter.', {
    hint: 'On Linux without a GPU, install software Vulkan: the package mesa-vulkan-drivers on Debian and Ubuntu.',
  });
}

/**
 * Every adapter there is. Dawn lists them only in its error about one that it does not have.
 * @throws GpuUnavailableError GPU_UNAVAILABLE; TimeoutError TIMEOUT_REQUEST
 */
export async function listAdapters(): Promise<ListedAdapter[]> {
  const gpu = await nodeGpu({ adapter: '\u0001' });
  return requestAdapter(gpu).then(
    () => [],
    (error: unknown) => {
      if (error instanceof TimeoutError) throw error;
      return parseAdapters(error);
    },
  );
}

function requestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  const request = gpu.requestAdapter({ powerPreference: 'high-performance' });
  return withinTime(request, 'TIMEOUT_REQUEST', 'the request for an adapter', 'load');
}

function parseAdapters(error: unknown): ListedAdapter[] {
  const lines = String(error).matchAll(/backend: '([^']*)', name: '([^']*)'/g);
  return Array.from(lines, ([, backend, name]) => ({ backend: backend!, name: name! }));
}
