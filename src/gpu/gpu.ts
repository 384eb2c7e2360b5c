import { DeviceLostError, GpuUnavailableError, InternalError } from '../errors.js';
import { PipelineCache } from './pipelines.js';

/** How to find an adapter. */
export interface GpuOptions {
  /** The WebGPU entry point; `navigator.gpu` when absent. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
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
  readonly subgroups: boolean;
  readonly maxWorkgroupStorage: number;
  readonly maxWorkgroupInvocations: number;
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
  readonly #owned: boolean;
  /** Dawn's instance in Node must outlive its devices and keeps the process alive, so it is held until dispose. */
  instance: GPU | undefined;
  #lost: GPUDeviceLostInfo | undefined;
  #fault: GPUError | undefined;

  private constructor(device: GPUDevice, adapter: AdapterSummary, owned: boolean) {
    this.device = device;
    this.adapter = adapter;
    this.#owned = owned;
    this.facts = {
      software: adapter.software,
      f16: device.features.has('shader-f16'),
      subgroups: device.features.has('subgroups' as GPUFeatureName),
      maxWorkgroupStorage: device.limits.maxComputeWorkgroupStorageSize,
      maxWorkgroupInvocations: device.limits.maxComputeInvocationsPerWorkgroup,
    };
    this.pipelines = new PipelineCache(device);
    void device.lost.then((info) => (this.#lost = info));
    if (owned) device.addEventListener('uncapturederror', (event) => (this.#fault ??= event.error));
  }

  /**
   * Asks for an adapter and a device with the adapter's own limits.
   * @throws GpuUnavailableError `GPU_UNAVAILABLE` without WebGPU, `GPU_NO_ADAPTER` without an adapter.
   */
  static async request({ gpu = globalThis.navigator?.gpu, powerPreference = 'high-performance' }: GpuOptions = {}): Promise<Gpu> {
    if (!gpu) {
      const reason = globalThis.isSecureContext === false ? 'the page is not a secure context (https or localhost)' : 'this runtime has no navigator.gpu';
      throw new GpuUnavailableError('GPU_UNAVAILABLE', `WebGPU is not available: ${reason}.`, { hint: 'See https://caniuse.com/webgpu.' });
    }
    for (let attempt = 0; ; attempt++) {
      const adapter = await gpu.requestAdapter({ powerPreference });
      if (!adapter) {
        throw new GpuUnavailableError('GPU_NO_ADAPTER', 'WebGPU found no adapter.', {
          hint: 'On Linux without a GPU, install a software Vulkan driver (package mesa-vulkan-drivers).',
        });
      }
      const device = await adapter.requestDevice({
        label: 'depthwise',
        requiredFeatures: FEATURES.filter((f) => adapter.features.has(f)),
        requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
      });
      const context = new Gpu(device, summarize(adapter.info), true);
      context.instance = gpu;
      // A device may be handed over already lost; yield once so that its promise can tell.
      await Promise.resolve();
      if (!context.#lost || attempt > 0) return context;
    }
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
   */
  check(phase: 'compile' | 'upload' | 'run' | 'read'): void {
    if (this.#lost) {
      const { reason, message } = this.#lost;
      throw new DeviceLostError('DEVICE_LOST', `The GPU device was lost (${reason || 'unknown'}): ${message}.`, { phase, retryable: reason !== 'destroyed' || this.#owned });
    }
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw new InternalError('INTERNAL_VALIDATION', `The GPU reported: ${fault.message}`, { phase, cause: fault });
  }

  /** Destroys the device if it was made here. Safe to call twice. */
  dispose(): void {
    if (this.#owned) this.device.destroy();
    this.instance = undefined;
  }
}

/** What an adapter says of itself, and whether it is a CPU. */
export function summarize(info: GPUAdapterInfo | undefined): AdapterSummary {
  const { vendor = '', architecture = '', device = '', description = '' } = info ?? {};
  const names = `${vendor} ${architecture} ${device} ${description}`;
  const software = (info as { isFallbackAdapter?: boolean } | undefined)?.isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader|basic render/i.test(names);
  return { vendor, architecture, device, description, software };
}

/** The adapter's name on one line. */
export function adapterName({ vendor, architecture, device, description, software }: AdapterSummary): string {
  const name = description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  return software ? `${name} (software)` : name;
}
