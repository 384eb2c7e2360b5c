import { disposed, InternalError } from '../errors.js';
import { allocating, BufferUsage, writeSlices } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Pipeline } from '../gpu/pipelines.js';
import type { Cut } from '../gpu/scoped.js';
import { byteLength } from '../tensor.js';
import type { Graph, Node, Value } from './graph.js';
import { compilePipelines, type Chosen } from './kernel_choice.js';
import { checkLimits } from './limits.js';
import { Pace } from './pace.js';
import { planSlots, type Plan } from './plan.js';
import { layoutUniforms, makeStep, OVERFLOW, type Step, type Storage } from './step.js';

export interface CompileOptions {
  /** Buffer of each constant, by key; a graph without constants needs none. */
  readonly constants?: (key: string) => GPUBuffer;
  /** Values that stay readable after a run. */
  readonly keep: readonly Value[];
  /** Name of the kernel to use instead of the op's own choice. */
  readonly kernel?: (node: Node) => string | undefined;
}

/** How a run is recorded. */
export interface Recording {
  /** Cuts a run that takes long into several submits, of one pass each. */
  readonly cut?: Cut;
  /** Gives each dispatch a pass of its own. */
  readonly passEach?: boolean;
  /** Timestamps to write around each pass, by its number. */
  readonly timestamps?: (pass: number) => GPUComputePassTimestampWrites | undefined;
}

/**
 * A graph ready to run: every pipeline, buffer, uniform and bind group exists. A run records one pass of
 * prepared dispatches and creates no buffer, texture, bind group or pipeline.
 */
export class Executable {
  readonly plan: Plan;
  /** One buffer a slot; contents are undefined between runs except for kept values. */
  readonly slots: readonly GPUBuffer[];
  /** Its first u32 is 1 once a kernel has cut a value off at the range of f16; undefined where none stores f16. */
  readonly overflow: GPUBuffer | undefined;
  readonly #gpu: Gpu;
  readonly #steps: readonly Step[];
  /** Undefined on a CPU, where a submit may take any time. */
  readonly #pace: Pace | undefined;
  readonly #owned: readonly GPUBuffer[];
  /** Of inputs, constants and kept values, by value id. */
  readonly #buffers: ReadonlyMap<number, GPUBuffer>;
  #disposed = false;

  private constructor(
    gpu: Gpu,
    plan: Plan,
    { slots, places, whole, overflow }: Storage,
    keep: readonly Value[],
    owned: GPUBuffer[],
    steps: Step[],
  ) {
    this.#gpu = gpu;
    this.plan = plan;
    this.slots = slots;
    this.overflow = overflow;
    this.#owned = owned;
    const kept = keep.map(({ id }) => [id, slots[places.get(id)?.slot ?? -1]] as const);
    this.#buffers = new Map([
      ...whole,
      ...kept.filter((entry): entry is [number, GPUBuffer] => entry[1] !== undefined),
    ]);
    this.#steps = steps;
    this.#pace = gpu.facts.software ? undefined : new Pace(plan.order);
  }

  /**
   * Plans, checks limits, compiles and allocates.
   * @throws LimitError before anything is allocated, ShaderError, OutOfMemoryError.
   */
  static async compile(
    graph: Graph,
    gpu: Gpu,
    { constants = noConstants, keep, kernel }: CompileOptions,
  ): Promise<Executable> {
    checkLimits(graph, gpu.device.limits);
    const plan = planSlots(graph, keep, gpu.device.limits);
    const pipelines = await compilePipelines(graph, gpu, kernel);
    const compiled = plan.order.map(({ index }) => pipelines[index] as [Chosen, Pipeline]);
    const uniforms = layoutUniforms(compiled, gpu.device.limits.minUniformBufferOffsetAlignment);
    const bytes = plan.bytes + uniforms.bytes.byteLength;
    const { device } = gpu;
    const made: GPUBuffer[] = [];
    const create = (label: string, size: number, usage: number) => {
      const buffer = device.createBuffer({ label, size, usage });
      made.push(buffer);
      return buffer;
    };
    try {
      return await allocating(device, 'activations', bytes, () => {
        const usage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
        const slots = plan.slots.map((size, i) => create(`slot ${i}`, size, usage));
        const whole = new Map<number, GPUBuffer>();
        for (const [name, value] of graph.inputs)
          if (value.type.dtype !== 'texture') whole.set(value.id, create(name, byteLength(value.type), usage));
        for (const [key, value] of graph.constants) whole.set(value.id, constants(key));
        const uniformBuffer = create(
          'uniforms',
          Math.max(16, uniforms.bytes.byteLength),
          BufferUsage.UNIFORM | BufferUsage.COPY_DST,
        );
        // Nothing where no kernel has parameters: wgpu in Deno ends the process for an empty write.
        writeSlices(device, uniformBuffer, uniforms.bytes);
        const cutsOff = compiled.some(([, { bindings }]) => bindings.some(({ name }) => name === OVERFLOW));
        const overflow = cutsOff ? create(OVERFLOW, 16, usage) : undefined;
        const storage: Storage = { slots, places: plan.places, whole, uniforms: uniformBuffer, overflow };
        const steps = compiled.map(([chosen, pipeline], i) =>
          makeStep(device, chosen, pipeline, storage, uniforms.offsets[i] as readonly number[]),
        );
        return new Executable(gpu, plan, storage, keep, made, steps);
      });
    } catch (error) {
      for (const buffer of made) buffer.destroy();
      throw error;
    }
  }

  /** Number of dispatches of one run. */
  get dispatches(): number {
    return this.#steps.length;
  }

  /** The nodes in the order they run. */
  get nodes(): readonly Node[] {
    return this.#steps.map((step) => step.node);
  }

  /** The buffer that an input or a kept value starts. */
  buffer(value: Value): GPUBuffer {
    const buffer = this.#buffers.get(value.id);
    if (!buffer)
      throw new InternalError(
        'INTERNAL_BUFFER',
        `Value ${value.id} is neither an input nor kept, so it has no buffer of its own.`,
      );
    return buffer;
  }

  /**
   * Records one run, as one compute pass unless `recording` says otherwise. `textures` binds the graph's textures by
   * name. @returns the encoder to go on with
   */
  encode(
    encoder: GPUCommandEncoder,
    textures: Readonly<Record<string, GPUTexture>> = {},
    { cut, passEach = false, timestamps }: Recording = {},
  ): GPUCommandEncoder {
    if (this.#disposed) throw disposed('This executable', 'run');
    const whole = [this.#steps.length];
    const ends = passEach ? this.#steps.map((_, i) => i + 1) : ((cut && this.#pace?.ends()) ?? whole);
    let current = encoder;
    let from = 0;
    for (const [index, end] of ends.entries()) {
      if (cut && from > 0) current = cut();
      const label = passEach ? (this.#steps[from] as Step).node.label : 'depthwise';
      const timestampWrites = timestamps?.(index);
      const pass = current.beginComputePass({ label, ...(timestampWrites && { timestampWrites }) });
      this.record(pass, textures, from, end);
      pass.end();
      from = end;
    }
    return current;
  }

  /** Records one run into a pass, or its steps from one to another. `textures` as in `encode`. */
  record(
    pass: GPUComputePassEncoder,
    textures: Readonly<Record<string, GPUTexture>>,
    from?: number,
    end?: number,
  ): void {
    for (const step of this.#steps.slice(from, end)) this.#dispatch(pass, step, textures);
  }

  /** Notes how many milliseconds a run took, by which later ones are cut. */
  noteDuration(milliseconds: number): void {
    this.#pace?.noteDuration(milliseconds);
  }

  /** Frees the buffers made here; constants belong to their store. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    for (const buffer of this.#owned) buffer.destroy();
  }

  #dispatch(pass: GPUComputePassEncoder, step: Step, textures: Readonly<Record<string, GPUTexture>>): void {
    pass.setPipeline(step.pipeline.pipeline);
    pass.setBindGroup(0, step.bindGroup ?? this.#textureGroup(step, textures));
    pass.dispatchWorkgroups(step.groups[0], step.groups[1]);
  }

  #textureGroup(
    { node, pipeline, entries, texture }: Step,
    textures: Readonly<Record<string, GPUTexture>>,
  ): GPUBindGroup {
    const bound = texture && textures[texture.name];
    if (!bound)
      throw new InternalError('INTERNAL_TEXTURE', `Node "${node.label}" needs the texture "${texture?.name}".`);
    let group = texture.seen.get(bound);
    if (!group) {
      const view = { binding: texture.binding, resource: bound.createView({ baseMipLevel: 0, mipLevelCount: 1 }) };
      group = this.#gpu.device.createBindGroup({
        label: node.label,
        layout: pipeline.layout,
        entries: [...entries, view],
      });
      texture.seen.set(bound, group);
    }
    return group;
  }
}

function noConstants(key: string): never {
  throw new InternalError('INTERNAL_CONSTANT', `Constant "${key}" has no buffer.`);
}
