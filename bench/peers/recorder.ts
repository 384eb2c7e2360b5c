import { BufferUsage } from '../../src/gpu/buffers.js';
import { after, type WebGpuClasses } from './submit_watch.js';

/** A dispatch as a library encoded it. */
export interface RecordedDispatch {
  /** WGSL, and its entry point. */
  readonly code: string;
  readonly entryPoint: string;
  readonly workgroups: readonly [number, number, number];
  /** What its first bind group binds: bytes of each, and of uniforms what they hold. */
  readonly bindings: readonly RecordedBinding[];
}

export interface RecordedBinding {
  readonly binding: number;
  readonly size: number;
  readonly uniform?: readonly number[];
}

/** The classes of the one WebGPU in the process. */
export type RecordedClasses = WebGpuClasses & { readonly GPUDevice: { readonly prototype: GPUDevice } };

type Text = Pick<RecordedDispatch, 'code' | 'entryPoint'>;

/**
 * Sees what any library in the process dispatches, by wrapping methods of the prototypes. What a library writes to its
 * uniforms in another way than by `writeBuffer`, and dispatches whose size is on the GPU, go unseen.
 */
export class Recorder {
  #dispatches: RecordedDispatch[] = [];
  readonly #codes = new WeakMap<object, string>();
  readonly #texts = new WeakMap<object, Text>();
  readonly #uniforms = new WeakMap<object, Uint8Array>();
  readonly #groups = new WeakMap<object, readonly GPUBindGroupEntry[]>();
  /** The pipeline and the first bind group that a pass is set to. */
  readonly #pipelines = new WeakMap<object, object>();
  readonly #bound = new WeakMap<object, object>();

  constructor({ GPUDevice, GPUQueue, GPUComputePassEncoder }: RecordedClasses) {
    this.#watchDevice(GPUDevice.prototype);
    after(GPUQueue.prototype, 'writeBuffer', (_, __, argv) => {
      const [buffer, offset, data, start, size] = argv as [object, number, AllowSharedBufferSource, number?, number?];
      this.#uniforms.get(buffer)?.set(bytesOf(data, start, size), offset);
    });
    const pass = GPUComputePassEncoder.prototype;
    after(pass, 'setPipeline', (_, self, [pipeline]) => void this.#pipelines.set(self as object, pipeline as object));
    after(pass, 'setBindGroup', (_, self, [index, group]) => {
      if (index === 0) this.#bound.set(self as object, group as object);
    });
    after(pass, 'dispatchWorkgroups', (_, self, [x, y = 1, z = 1]) => {
      const text = this.#texts.get(this.#pipelines.get(self as object) ?? {});
      if (!text) return;
      const entries = this.#groups.get(this.#bound.get(self as object) ?? {}) ?? [];
      const workgroups = [x, y, z] as [number, number, number];
      this.#dispatches.push({ ...text, workgroups, bindings: entries.flatMap((entry) => this.#bindingOf(entry)) });
    });
  }

  /** What a call dispatches. */
  async during(call: () => Promise<unknown>): Promise<readonly RecordedDispatch[]> {
    this.#dispatches = [];
    await call();
    const found = this.#dispatches;
    this.#dispatches = [];
    return found;
  }

  #watchDevice(device: GPUDevice): void {
    const textOf = ({ compute }: GPUComputePipelineDescriptor): Text => ({
      code: this.#codes.get(compute.module) ?? '',
      entryPoint: compute.entryPoint ?? 'main',
    });
    after(device, 'createShaderModule', (made, _, [asked]) => {
      this.#codes.set(made as object, (asked as GPUShaderModuleDescriptor).code);
    });
    after(device, 'createComputePipeline', (made, _, [asked]) => {
      this.#texts.set(made as object, textOf(asked as GPUComputePipelineDescriptor));
    });
    after(device, 'createComputePipelineAsync', (made, _, [asked]) => {
      const keep = (pipeline: object) => this.#texts.set(pipeline, textOf(asked as GPUComputePipelineDescriptor));
      void (made as Promise<object>).then(keep, () => undefined);
    });
    after(device, 'createBindGroup', (made, _, [asked]) => {
      this.#groups.set(made as object, [...(asked as GPUBindGroupDescriptor).entries]);
    });
    after(device, 'createBuffer', (made, _, [asked]) => {
      const { size, usage } = asked as GPUBufferDescriptor;
      if (usage & BufferUsage.UNIFORM) this.#uniforms.set(made as object, new Uint8Array(size));
    });
  }

  #bindingOf({ binding, resource }: GPUBindGroupEntry): RecordedBinding[] {
    const {
      buffer,
      offset = 0,
      size = buffer.size - offset,
    } = 'buffer' in resource ? resource : { buffer: resource as GPUBuffer };
    const held = this.#uniforms.get(buffer);
    return [{ binding, size, ...(held && { uniform: [...held.subarray(offset, offset + size)] }) }];
  }
}

/** As `writeBuffer` reads it: start and size count elements of a view, bytes of a buffer. */
function bytesOf(data: AllowSharedBufferSource, start = 0, size?: number): Uint8Array {
  const view = ArrayBuffer.isView(data);
  const bytes = view ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  const unit = view ? ((data as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1) : 1;
  return bytes.subarray(start * unit, size === undefined ? undefined : (start + size) * unit);
}
