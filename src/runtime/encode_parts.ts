import copyWgsl from '../../shaders/hosts/copy_words.wgsl?raw';
import { BufferUsage } from '../gpu/buffers.js';
import type { Pipeline } from '../gpu/pipelines.js';
import { foldWorkgroups } from '../kernels/op.js';
import { byteLength } from '../tensor.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Input, Output } from './encode_targets.js';
import type { Engine, Program } from './engine.js';
import { isRendered, RenderTarget } from '../gpu/render_target.js';
import { SourceCopy, type CopiedKind } from './source_copy.js';

const WORKGROUP = 64;

/** Values that a run starts with, by the input of its program that takes them. */
export type Inputs = Readonly<Record<string, readonly number[] | undefined>>;

interface Staged {
  readonly values: readonly number[];
  readonly buffer: GPUBuffer;
  readonly bound: GPUBindGroup;
}

/** Parts under way or made, by program. */
const made = new WeakMap<Program, Promise<EncodeParts>>();

/** What a program of `encode` has besides its run: copies that a compute pass can hold, and a pass that renders. */
export class EncodeParts {
  /** What draws the output, where no compute shader may write it. */
  readonly rendering: RenderTarget | undefined;
  readonly #device: GPUDevice;
  readonly #program: Program;
  readonly #copy: Pipeline;
  /** What was last copied into each input. */
  readonly #staged = new Map<string, Staged>();
  readonly #sources = new Map<CopiedKind, SourceCopy>();
  readonly #targets = new WeakMap<GPUBuffer, GPUBindGroup>();

  private constructor(device: GPUDevice, program: Program, copy: Pipeline, rendering: RenderTarget | undefined) {
    this.#device = device;
    this.#program = program;
    this.#copy = copy;
    this.rendering = rendering;
  }

  /** Those of a program that writes an output, made once. @throws ShaderError, OutOfMemoryError, TimeoutError */
  static of(engine: Engine, program: Program, output: Output): Promise<EncodeParts> {
    const known = made.get(program) ?? EncodeParts.#make(engine, program, output);
    made.set(program, known);
    known.catch(() => made.delete(program));
    return known;
  }

  static async #make({ gpu }: Engine, program: Program, { format, size }: Output): Promise<EncodeParts> {
    const [copy, rendering] = await Promise.all([
      gpu.pipelines.get(copyWgsl, 'copy of words'),
      isRendered(format) ? RenderTarget.make(gpu, format, size) : undefined,
    ]);
    return (program.beside = new EncodeParts(gpu.device, program, copy, rendering));
  }

  /** Makes what the copy of a source takes. @throws ShaderError, OutOfMemoryError */
  async copySources(gpu: Gpu, { copied, size }: Input): Promise<void> {
    if (this.reads(copied)) return;
    const copy = await SourceCopy.make(gpu, copied as CopiedKind, size);
    // Another call may have been faster.
    if (this.reads(copied)) copy.dispose();
    else this.#sources.set(copied as CopiedKind, copy);
  }

  /** Whether sources of a kind are at hand. */
  reads(copied: CopiedKind | undefined): boolean {
    return copied === undefined || this.#sources.has(copied);
  }

  /** Records what makes a source ready to be read; the texture that kernels read. */
  read(pass: GPUComputePassEncoder, { source, copied }: Input): GPUTexture {
    const copy = copied && this.#sources.get(copied);
    copy?.encode(pass, source);
    return copy?.texture ?? (source as GPUTexture);
  }

  /** Records that inputs take values. Values that were there before make no object. */
  write(pass: GPUComputePassEncoder, inputs: Inputs): void {
    for (const [name, values] of Object.entries(inputs)) {
      const input = this.#program.values[name];
      if (!input || !values) continue;
      const bytes = byteLength(input.type);
      let staged = this.#staged.get(name);
      if (staged?.values.join() !== values.join()) {
        // A buffer of other values is left to the browser: an encoder that is not submitted yet may read it.
        const buffer = this.#stage(name, values, bytes);
        const bound = this.#bind(buffer, this.#program.executable.buffer(input), bytes);
        this.#staged.set(name, (staged = { values, buffer, bound }));
      }
      this.#dispatch(pass, (staged as Staged).bound, bytes);
    }
  }

  /** Records a copy of the first bytes of a buffer into one of the caller's, which has STORAGE usage. */
  copy(pass: GPUComputePassEncoder, from: GPUBuffer, target: GPUBuffer, bytes: number): void {
    const bound = this.#targets.get(target) ?? this.#bind(from, target, bytes);
    this.#targets.set(target, bound);
    this.#dispatch(pass, bound, bytes);
  }

  /** Frees what was made here. */
  dispose(): void {
    for (const { buffer } of this.#staged.values()) buffer.destroy();
    this.#staged.clear();
    this.rendering?.dispose();
    for (const copy of this.#sources.values()) copy.dispose();
  }

  #stage(label: string, values: readonly number[], size: number): GPUBuffer {
    const buffer = this.#device.createBuffer({ label, size, usage: BufferUsage.STORAGE, mappedAtCreation: true });
    new Float32Array(buffer.getMappedRange()).set(values);
    buffer.unmap();
    return buffer;
  }

  #bind(from: GPUBuffer, to: GPUBuffer, size: number): GPUBindGroup {
    const entries = [from, to].map((buffer, binding) => ({ binding, resource: { buffer, size } }));
    return this.#device.createBindGroup({ label: 'copy of words', layout: this.#copy.layout, entries });
  }

  #dispatch(pass: GPUComputePassEncoder, bound: GPUBindGroup, bytes: number): void {
    pass.setPipeline(this.#copy.pipeline);
    pass.setBindGroup(0, bound);
    pass.dispatchWorkgroups(...foldWorkgroups(Math.ceil(bytes / 4 / WORKGROUP)));
  }
}
