import copyWgsl from '../../shaders/hosts/copy_words.wgsl?raw';
import type { Pipeline } from '../gpu/pipelines.js';
import { foldWorkgroups } from '../kernels/op.js';
import type { Gpu } from '../gpu/gpu.js';
import { INPUTS } from './encode_program.js';
import type { Input, Output } from './encode_targets.js';
import type { Engine, Program } from './engine.js';
import { METRES } from './estimate.js';
import { isRendered, RenderTarget } from '../gpu/render_target.js';
import { InputWriter } from './input_writer.js';
import { SourceCopy, type CopiedKind } from './source_copy.js';

const WORKGROUP = 64;
const INPUT_NAMES = [METRES, ...Object.values(INPUTS)];

/** What inputs of a program begin with in a run, by their names. */
export type Inputs = Readonly<Record<string, readonly number[] | undefined>>;

/** Parts under way or made, by program. */
const made = new WeakMap<Program, Promise<EncodeParts>>();

/** What a program of `encode` has besides its run: copies that a compute pass can hold, and a pass that renders. */
export class EncodeParts {
  /** What draws the output, where no compute shader may write it. */
  readonly rendering: RenderTarget | undefined;
  readonly #device: GPUDevice;
  readonly #program: Program;
  readonly #copy: Pipeline;
  /** Where the program has inputs that take values. */
  readonly #writer: InputWriter | undefined;
  readonly #sources = new Map<CopiedKind, SourceCopy>();
  readonly #targets = new WeakMap<GPUBuffer, GPUBindGroup>();

  private constructor(
    device: GPUDevice,
    program: Program,
    copy: Pipeline,
    writer: InputWriter | undefined,
    rendering: RenderTarget | undefined,
  ) {
    this.#device = device;
    this.#program = program;
    this.#copy = copy;
    this.#writer = writer;
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
    const [copy, writer, rendering] = await Promise.all([
      gpu.pipelines.get(copyWgsl, 'copy of words'),
      INPUT_NAMES.some((name) => program.values[name]) ? InputWriter.make(gpu) : undefined,
      isRendered(format) ? RenderTarget.make(gpu, format, size) : undefined,
    ]);
    return (program.beside = new EncodeParts(gpu.device, program, copy, writer, rendering));
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

  /** Records that inputs begin with values. */
  write(pass: GPUComputePassEncoder, inputs: Inputs): void {
    for (const [name, values] of Object.entries(inputs)) {
      const input = this.#program.values[name];
      if (input && values) this.#writer?.encode(pass, this.#program.executable.buffer(input), values);
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
    this.#writer?.dispose();
    this.rendering?.dispose();
    for (const copy of this.#sources.values()) copy.dispose();
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
