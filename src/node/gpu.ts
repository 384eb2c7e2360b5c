import { GpuUnavailableError } from '../errors.js';

/** Which adapter Dawn should pick in Node. */
export interface NodeGpuOptions {
  /** Part of an adapter's name. */
  readonly adapter?: string;
  /** Dawn toggles to enable, for experiments. */
  readonly toggles?: readonly string[];
}

/** Dawn rounds timestamps to 65,536 ns unless told not to, and a profile is of dispatches shorter than that. */
const EXACT_TIMESTAMPS = 'disable-dawn-features=timestamp_quantization';

/**
 * Dawn's instances by their flags. They are never let go: the process crashes where one is collected while Dawn still
 * has news of its devices to tell, and a device that was destroyed has. An instance keeps no process alive.
 */
const instances = new Map<string, GPU>();

/**
 * The WebGPU entry point of Dawn (optional peer dependency `webgpu`), one for equal options.
 * @throws GpuUnavailableError `GPU_UNAVAILABLE` when the package is missing or its binary does not load.
 */
export async function nodeGpu({ adapter, toggles = [] }: NodeGpuOptions = {}): Promise<GPU> {
  try {
    const { create } = await import('webgpu');
    const flags = [
      EXACT_TIMESTAMPS,
      ...(adapter ? [`adapter=${adapter}`] : []),
      ...(toggles.length ? [`enable-dawn-features=${toggles.join(',')}`] : []),
    ];
    const key = flags.join(' ');
    const instance = instances.get(key) ?? create(flags);
    instances.set(key, instance);
    return instance;
  } catch (cause) {
    throw new GpuUnavailableError(
      'GPU_UNAVAILABLE',
      `The package "webgpu" could not be loaded: ${(cause as Error).message}`,
      {
        hint: 'Install it with: npm install webgpu.',
        cause,
      },
    );
  }
}
