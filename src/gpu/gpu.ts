import {
  DepthwiseError,
  DeviceLostError,
  DisposedError,
  GpuUnavailableError,
  InternalError,
  OutOfMemoryError,
  ShaderError,
  TimeoutError,
  type Phase,
} from '../errors.js';
import { Latch } from './latch.js';
import { PipelineCache } from './pipelines.js';
import { textOf } from './scoped.js';

/** How to find an adapter. */
export interface GpuOptions {
  /** The WebGPU entry point; `navigator.gpu` when absent. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
  /** Features to ask for besides those the library uses, where the adapter has them. */
  readonly features?: readonly GPUFeatureName[];
}

/** Adapter identity for people and for bench records. */
export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True for a CPU implementation; never to be quoted as a GPU's speed. */
  readonly software: boolean;
}

/** What a kernel choice may depend on; read from the device once. */
export interface DeviceFacts {
  /** True on a CPU adapter, where registers beat workgroup memory. */
  readonly software: boolean;
  readonly f16: boolean;
  /** Invocations of a subgroup, where the device has subgroups and all have one size; otherwise 0. */
  readonly subgroupSize: number;
}

const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query', 'float32-filterable'];
const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxTextureDimension2D',
] as const;

/** A GPUDevice with what the engine needs to know about it. Owns the device only when it made it. */
export class Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterSummary;
  readonly facts: DeviceFacts;
  readonly pipelines: PipelineCache;
  /**
   * Kernels, as `op/kernel`, that this device does not compile or computes wrongly, with what it did. Others do their
   * work.
   */
  readonly dropped = new Map<string, DepthwiseError>();
  /** Whether the device was made here, and is destroyed here. */
  readonly owned: boolean;
  /** Dawn's instance in Node must outlive its devices and keeps the process alive, so it is held until dispose. */
  instance: GPU | undefined;
  readonly #end = new Latch();
  #disposed = false;
  #lost: GPUDeviceLostInfo | undefined;
  #fault: GPUError | undefined;

  private constructor(device: GPUDevice, adapter: AdapterSummary, owned: boolean) {
    this.device = device;
    this.adapter = adapter;
    this.owned = owned;
    this.facts = {
      software: adapter.software,
      f16: device.features.has('shader-f16'),
      subgroupSize: device.features.has('subgroups') ? subgroupSize(device.adapterInfo) : 0,
    };
    this.pipelines = new PipelineCache(device, adapter.software);
    void device.lost.then((info) => {
      // A device that was destroyed here is disposed, not lost.
      if (!this.#disposed) this.#lost = info;
      this.#end.end();
    });
    if (owned) device.addEventListener('uncapturederror', (event) => (this.#fault ??= event.error));
  }

  /**
   * Asks for an adapter and a device with the adapter's own limits.
   * @throws GpuUnavailableError `GPU_UNAVAILABLE` without WebGPU, `GPU_NO_ADAPTER` without an adapter,
   *   `GPU_NO_DEVICE` when the adapter gives none; DeviceLostError when what it gives is lost already, twice.
   */
  static async request({
    gpu = globalThis.navigator?.gpu,
    powerPreference = 'high-performance',
    features = [],
  }: GpuOptions = {}): Promise<Gpu> {
    if (!gpu) {
      const reason =
        globalThis.isSecureContext === false
          ? 'the page is not a secure context (https or localhost)'
          : 'this runtime has no navigator.gpu';
      throw new GpuUnavailableError('GPU_UNAVAILABLE', `WebGPU is not available: ${reason}.`, {
        hint: 'See https://caniuse.com/webgpu.',
      });
    }
    for (let attempt = 0; ; attempt++) {
      const context = await openDevice(gpu, powerPreference, [...FEATURES, ...features]);
      // A device may be handed over already lost; yield once so that its promise can tell.
      await Promise.resolve();
      if (!context.lost) return context;
      if (attempt > 0) throw context.#error('load');
      context.dispose();
    }
  }

  /** @internal A device made here. */
  static own(device: GPUDevice, adapter: AdapterSummary, instance: GPU): Gpu {
    const context = new Gpu(device, adapter, true);
    context.instance = instance;
    return context;
  }

  /** Uses the caller's device: it is never destroyed and its error handler is left alone. */
  static adopt(device: GPUDevice): Gpu {
    return new Gpu(device, summarize(device.adapterInfo), false);
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Throws when anything said by the device so far makes results untrustworthy. Called before bytes leave the engine,
   * because a lost device reports success (gpuweb, Errors & Debugging).
   * @throws DeviceLostError, InternalError `INTERNAL_VALIDATION`, DisposedError
   */
  check(phase: Phase): void {
    if (this.#lost || this.#disposed) throw this.#error(phase);
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault)
      throw new InternalError('INTERNAL_VALIDATION', `The GPU reported: ${fault.message}`, { phase, cause: fault });
  }

  /**
   * Settles as `work` does, but rejects at once when the device goes away, and passes nothing on that the device has
   * made untrustworthy. The loss of the device explains every fault of the GPU under it.
   * @throws as `check`
   */
  async guard<T>(phase: Phase, work: Promise<T>): Promise<T> {
    try {
      const result = await this.#end.until(work, () => this.#error(phase));
      this.check(phase);
      return result;
    } catch (error) {
      throw (this.#lost || this.#disposed) && isGpuFault(error) ? this.#error(phase) : error;
    }
  }

  /** Destroys the device if it was made here. Safe to call twice. */
  dispose(): void {
    if (this.owned) {
      this.#disposed = true;
      this.#end.end();
      this.device.destroy();
    }
    this.instance = undefined;
  }

  #error(phase: Phase): DepthwiseError {
    if (!this.#lost)
      return new DisposedError('DISPOSED', 'The model that this GPU device was made for has been disposed.', { phase });
    const { reason, message } = this.#lost;
    const hint = this.owned
      ? 'Call again: the model is then loaded anew.'
      : 'Make a new device and load the model again with it.';
    return new DeviceLostError(
      'DEVICE_LOST',
      `The GPU device was lost (${reason || 'unknown'}): ${(message || 'no reason was given').replace(/\.?$/, '.')}`,
      { phase, retryable: this.owned, actual: reason || 'unknown', hint },
    );
  }
}

/** Errors that a lost device can be the cause of; others, such as a bad picture, stand for themselves. */
function isGpuFault(error: unknown): boolean {
  return (
    error instanceof InternalError ||
    error instanceof OutOfMemoryError ||
    error instanceof ShaderError ||
    error instanceof TimeoutError ||
    !(error instanceof DepthwiseError || (error as Error).name === 'AbortError')
  );
}

async function openDevice(
  gpu: GPU,
  powerPreference: GPUPowerPreference,
  features: readonly GPUFeatureName[],
): Promise<Gpu> {
  const hint = 'On Linux without a GPU, install a software Vulkan driver (package mesa-vulkan-drivers).';
  const adapter = await gpu.requestAdapter({ powerPreference }).catch((cause: unknown) => {
    throw new GpuUnavailableError('GPU_NO_ADAPTER', `WebGPU could not look for an adapter: ${textOf(cause)}`, {
      hint,
      cause,
    });
  });
  if (!adapter) throw new GpuUnavailableError('GPU_NO_ADAPTER', 'WebGPU found no adapter.', { hint });
  const device = await adapter
    .requestDevice({
      label: 'depthwise',
      requiredFeatures: features.filter((f) => adapter.features.has(f)),
      requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
    })
    .catch((cause: unknown) => {
      throw new GpuUnavailableError('GPU_NO_DEVICE', `The adapter gave no device: ${textOf(cause)}`, {
        retryable: true,
        cause,
      });
    });
  return Gpu.own(device, summarize(adapter.info), gpu);
}

/** The one size that all subgroups have; 0 where they may differ or nothing is said. */
function subgroupSize({ subgroupMinSize = 0, subgroupMaxSize = 0 }: GPUAdapterInfo): number {
  return subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0;
}

/** What an adapter says of itself, and whether it is a CPU. */
export function summarize(info: GPUAdapterInfo | undefined): AdapterSummary {
  const { vendor = '', architecture = '', device = '', description = '' } = info ?? {};
  const names = `${vendor} ${architecture} ${device} ${description}`;
  const software =
    (info as { isFallbackAdapter?: boolean } | undefined)?.isFallbackAdapter === true ||
    /llvmpipe|lavapipe|swiftshader|basic render/i.test(names);
  return { vendor, architecture, device, description, software };
}

/** The adapter's name on one line. */
export function adapterName({ vendor, architecture, device, description, software }: AdapterSummary): string {
  const name = description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  return software ? `${name} (software)` : name;
}
