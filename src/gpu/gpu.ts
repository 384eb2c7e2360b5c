import type { ErrorCode } from '../error_codes.js';
import {
  DepthwiseError,
  DeviceLostError,
  DisposedError,
  GpuUnavailableError,
  InternalError,
  OutOfMemoryError,
  ShaderError,
  TimeoutError,
  type ErrorDetails,
  type Phase,
} from '../errors.js';
import { isolate, type Warning } from '../warnings.js';
import { Latch } from './latch.js';
import { PipelineCache } from './pipelines.js';
import { textOf } from './scoped.js';
import { noteCpu, withinTime } from './time_limit.js';

/** How to find an adapter. */
export interface GpuOptions {
  /** The WebGPU entry point; `navigator.gpu` when absent. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
  /** Features to ask for besides those the library uses, where the adapter has them. */
  readonly features?: readonly GPUFeatureName[];
  /** Is told of errors that a device of our own reports while nothing is under way. */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
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
  /** Invocations of a subgroup that kernels ask for; 0 leaves them to the browser. */
  readonly lanes: number;
  /** True where nobody may ask for lanes and those that a browser takes leave an invocation few registers. */
  readonly slim: boolean;
  /** Invocations that a workgroup may have: 128 or more. */
  readonly invocations: number;
}

const CHOSEN_LANES = 'subgroup-size-control' as GPUFeatureName;
const FEATURES: readonly GPUFeatureName[] = [
  'shader-f16',
  'subgroups',
  CHOSEN_LANES,
  'timestamp-query',
  'float32-filterable',
];
const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxTextureDimension2D',
] as const;

/** What Dawn says at each call once the process or the instance behind a device is gone. */
const GONE = /instance (?:reference no longer exists|dropped)/i;

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
  /** A caller's instance of Dawn must outlive the devices made here, so it is held until dispose. */
  instance: GPU | undefined;
  readonly #end = new Latch();
  /** Work under `guard`, each with the first error that no scope caught while it was under way. */
  readonly #underWay = new Set<{ fault: GPUError | undefined }>();
  readonly #warn: (warning: Warning) => void;
  #disposed = false;
  #lost: GPUDeviceLostInfo | undefined;

  private constructor(device: GPUDevice, adapter: AdapterSummary, owned: boolean, onWarning?: GpuOptions['onWarning']) {
    this.device = device;
    this.adapter = adapter;
    this.owned = owned;
    this.#warn = isolate(onWarning);
    const lanes = device.features.has(CHOSEN_LANES) ? fewestLanes(device.adapterInfo) : 0;
    this.facts = {
      software: adapter.software,
      f16: device.features.has('shader-f16'),
      subgroupSize: device.features.has('subgroups') ? subgroupSize(device.adapterInfo) : 0,
      lanes,
      slim: adapter.vendor === 'intel' && !lanes,
      invocations: Math.min(device.limits.maxComputeInvocationsPerWorkgroup, device.limits.maxComputeWorkgroupSizeX),
    };
    this.pipelines = new PipelineCache(device, adapter.software);
    if (adapter.software) noteCpu(device);
    watchLoss(device, this);
    if (owned) device.addEventListener('uncapturederror', this.#uncaptured);
  }

  /** @internal Ends what is under way. A device that was destroyed here is disposed, not lost. */
  noteLoss(info: GPUDeviceLostInfo): void {
    if (!this.#disposed) this.#lost = info;
    this.#end.end();
  }

  /**
   * Asks for an adapter and a device with the adapter's own limits.
   * @throws GpuUnavailableError `GPU_UNAVAILABLE` without WebGPU, `GPU_NO_ADAPTER` without an adapter,
   *   `GPU_NO_DEVICE` when the adapter gives none; TimeoutError `TIMEOUT_REQUEST` when there is no answer;
   *   DeviceLostError when what it gives is lost already, twice.
   */
  static async request({
    gpu = globalThis.navigator?.gpu,
    powerPreference = 'high-performance',
    features = [],
    onWarning,
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
      const [device, info] = await openDevice(gpu, powerPreference, [...FEATURES, ...features]);
      const context = Gpu.own(device, summarize(info), gpu, onWarning);
      // A device may be handed over already lost; yield once so that its promise can tell.
      await Promise.resolve();
      if (!context.lost) return context;
      if (attempt > 0) throw context.#error('load');
      context.dispose();
    }
  }

  /** @internal A device made here. */
  static own(device: GPUDevice, adapter: AdapterSummary, instance: GPU, onWarning?: GpuOptions['onWarning']): Gpu {
    const context = new Gpu(device, adapter, true, onWarning);
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
   * Throws when the device is gone. Called before bytes leave the engine, because a lost device reports success
   * (gpuweb, Errors & Debugging).
   * @throws DeviceLostError, DisposedError
   */
  check(phase: Phase): void {
    if (this.#lost || this.#disposed) throw this.#error(phase);
  }

  /**
   * Settles as `work` does, but rejects at once when the device goes away, and passes nothing on that the device has
   * made untrustworthy: an error that no scope caught spoils all work that was under way. The loss of the device
   * explains every fault of the GPU under it.
   * @throws as `check`; InternalError `INTERNAL_VALIDATION`
   */
  async guard<T>(phase: Phase, work: Promise<T>): Promise<T> {
    const entry: { fault: GPUError | undefined } = { fault: undefined };
    this.#underWay.add(entry);
    try {
      const result = await this.#end.until(work, () => this.#error(phase));
      this.check(phase);
      const { fault } = entry;
      if (fault)
        throw new InternalError('INTERNAL_VALIDATION', `The GPU reported: ${fault.message}`, { phase, cause: fault });
      return result;
    } catch (error) {
      if (!this.#lost && !this.#disposed) this.#noteGone(error);
      throw (this.#lost || this.#disposed) && isGpuFault(error) ? this.#error(phase) : error;
    } finally {
      this.#underWay.delete(entry);
    }
  }

  /** Destroys the device if it was made here. Safe to call twice. */
  dispose(): void {
    if (this.owned) {
      this.#disposed = true;
      this.#end.end();
      this.device.removeEventListener('uncapturederror', this.#uncaptured);
      this.device.destroy();
    }
    this.instance = undefined;
  }

  /** A process of the GPU that is gone says so at every call, and may leave the promise of the loss pending. */
  #noteGone(error: unknown): void {
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      if (GONE.test(cause.message))
        return this.noteLoss({ reason: 'unknown', message: textOf(cause) } as GPUDeviceLostInfo);
  }

  readonly #uncaptured = ({ error }: GPUUncapturedErrorEvent): void => {
    if (this.#underWay.size === 0)
      this.#warn({ code: 'GPU_FAULT', message: `The GPU reported, while nothing ran: ${error.message}`, cause: error });
    for (const entry of this.#underWay) entry.fault ??= error;
  };

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

/** Those to tell of the loss of a device: its promise cannot be unsubscribed from, so it is asked once for all. */
const watchers = new WeakMap<GPUDevice, Set<WeakRef<Gpu>>>();

function watchLoss(device: GPUDevice, gpu: Gpu): void {
  const known = watchers.get(device);
  const watching = known ?? new Set();
  for (const ref of watching) if (!ref.deref()) watching.delete(ref);
  watching.add(new WeakRef(gpu));
  if (known) return;
  watchers.set(device, watching);
  void device.lost.then((info) => {
    // One that comes later asks anew, and is told at once.
    watchers.delete(device);
    for (const ref of watching) ref.deref()?.noteLoss(info);
  });
}

async function openDevice(
  gpu: GPU,
  powerPreference: GPUPowerPreference,
  features: readonly GPUFeatureName[],
): Promise<[GPUDevice, GPUAdapterInfo]> {
  const hint = 'On Linux without a GPU, install a software Vulkan driver (package mesa-vulkan-drivers).';
  const refused = (code: ErrorCode, what: string, details: ErrorDetails) => (cause: unknown) => {
    if (cause instanceof TimeoutError) throw cause;
    throw new GpuUnavailableError(code, `${what}: ${textOf(cause)}`, { ...details, cause });
  };
  const adapter = await withinTime(
    gpu.requestAdapter({ powerPreference }),
    'TIMEOUT_REQUEST',
    'the request for an adapter',
    'load',
  ).catch(refused('GPU_NO_ADAPTER', 'WebGPU could not look for an adapter', { hint }));
  if (!adapter) throw new GpuUnavailableError('GPU_NO_ADAPTER', 'WebGPU found no adapter.', { hint });
  const request = adapter.requestDevice({
    label: 'depthwise',
    requiredFeatures: features.filter((f) => adapter.features.has(f)),
    requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  });
  const device = await withinTime(request, 'TIMEOUT_REQUEST', 'the request for a device', 'load').catch((cause) => {
    // One that comes too late is given back.
    void request.then(
      (late) => late.destroy(),
      () => undefined,
    );
    return refused('GPU_NO_DEVICE', 'The adapter gave no device', { retryable: true })(cause);
  });
  return [device, adapter.info];
}

/**
 * The fewest invocations of a subgroup, where browsers take twice as many: on AMD's RDNA 32, on Intel's GPUs 8 or 16,
 * each of which then has registers enough.
 */
function fewestLanes({ vendor, subgroupMinSize = 0 }: GPUAdapterInfo): number {
  return /amd|intel/.test(vendor) ? subgroupMinSize : 0;
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
