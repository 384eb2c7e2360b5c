import { DisposedError, InternalError, ShaderError } from '../errors.js';
import { packUniform, type Binding } from '../gpu/bindings.js';
import { allocating, BufferUsage } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Pipeline } from '../gpu/pipelines.js';
import type { PassTimer } from '../gpu/timing.js';
import { foldWorkgroups, type Kernel, type Op } from '../kernels/op.js';
import { specialize } from '../kernels/specialize.js';
import { byteLength } from '../tensor.js';
import { typesOf, type Graph, type Node, type Value } from './graph.js';
import { checkLimits } from './limits.js';
import { planSlots, type Plan } from './plan.js';

/** A kernel picked for a node, specialised. */
export interface Chosen {
  readonly node: Node;
  readonly variant: string;
  readonly kernel: Kernel;
  readonly code: string;
}

interface Step {
  readonly node: Node;
  readonly pipeline: Pipeline;
  readonly groups: readonly [number, number];
  /** Buffers of the step; complete unless `texture` is set. */
  readonly entries: readonly GPUBindGroupEntry[];
  readonly bindGroup: GPUBindGroup | undefined;
  /** The one texture bound at run time, and the bind groups made for the textures seen so far. */
  readonly texture: { readonly name: string; readonly binding: number; readonly seen: WeakMap<GPUTexture, GPUBindGroup> } | undefined;
}

export interface CompileOptions {
  /** Buffer of each constant, by key. */
  readonly constants: (key: string) => GPUBuffer;
  /** Values that stay readable after a run. */
  readonly keep: readonly Value[];
  /** Kernel candidate to use instead of the op's own choice. */
  readonly variant?: (node: Node) => string | undefined;
}

/** Names of the candidates that apply to a node, the safe one first. */
export function applicableKernels({ op, inputs, attrs, outputs }: Node): string[] {
  const [given, made] = [typesOf(inputs), typesOf(outputs)];
  return Object.keys(op.kernels).filter((name) => op.kernels[name]?.(given, attrs, made));
}

/** Picks and specialises the kernel of a node for a device: the safe one instead of one that the device has dropped. */
export function chooseKernel(node: Node, gpu: Gpu, variant?: string): Chosen {
  const op: Op = node.op;
  const inputs = typesOf(node.inputs);
  const wanted = variant ?? op.choose(inputs, node.attrs, gpu.facts);
  const name = gpu.dropped.has(`${op.name}/${wanted}`) ? (applicableKernels(node)[0] as string) : wanted;
  const kernel = op.kernels[name]?.(inputs, node.attrs, typesOf(node.outputs));
  if (!kernel) throw new InternalError('INTERNAL_KERNEL', `Op "${op.name}" has no kernel "${name}" for node "${node.label}".`);
  return { node, variant: name, kernel, code: specialize(kernel.sources, kernel.tunables) };
}

/** Starts compiling every pipeline of a graph; they are shared by later graphs on the same device. */
export async function compilePipelines(graph: Graph, gpu: Gpu, variant?: (node: Node) => string | undefined): Promise<[Chosen, Pipeline][]> {
  return Promise.all(graph.nodes.map((node) => compileNode(node, gpu, variant?.(node))));
}

/** A driver may fail at a kernel that others take: it is dropped, and the safe one does its work. */
async function compileNode(node: Node, gpu: Gpu, variant: string | undefined): Promise<[Chosen, Pipeline]> {
  const chosen = chooseKernel(node, gpu, variant);
  const name = `${node.op.name}/${chosen.variant}`;
  try {
    return [chosen, await gpu.pipelines.get(chosen.code, name)];
  } catch (error) {
    if (!(error instanceof ShaderError) || chosen.variant === applicableKernels(node)[0]) throw error;
    gpu.dropped.set(name, error);
    return compileNode(node, gpu, variant);
  }
}

/**
 * A graph ready to run: every pipeline, buffer, uniform and bind group exists. A run records one pass of
 * prepared dispatches and creates no buffer, texture, bind group or pipeline.
 */
export class Executable {
  readonly plan: Plan;
  /** One buffer a slot; contents are undefined between runs except for kept values. */
  readonly slots: readonly GPUBuffer[];
  readonly #gpu: Gpu;
  readonly #steps: readonly Step[];
  readonly #owned: readonly GPUBuffer[];
  /** By value id. */
  readonly #buffers: ReadonlyMap<number, GPUBuffer>;
  #disposed = false;

  private constructor(gpu: Gpu, plan: Plan, slots: GPUBuffer[], owned: GPUBuffer[], buffers: Map<number, GPUBuffer>, steps: Step[]) {
    this.#gpu = gpu;
    this.plan = plan;
    this.slots = slots;
    this.#owned = owned;
    this.#buffers = buffers;
    this.#steps = steps;
  }

  /**
   * Plans, checks limits, compiles and allocates.
   * @throws LimitError before anything is allocated, ShaderError, OutOfMemoryError.
   */
  static async compile(graph: Graph, gpu: Gpu, { constants, keep, variant }: CompileOptions): Promise<Executable> {
    checkLimits(graph, gpu.device.limits);
    const plan = planSlots(graph, keep);
    const compiled = await compilePipelines(graph, gpu, variant);
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
        const storage = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;
        const slots = plan.slots.map((size, i) => create(`slot ${i}`, size, storage));
        const buffers = new Map([...plan.slotOf].map(([id, slot]) => [id, slots[slot] as GPUBuffer]));
        for (const [name, value] of graph.inputs) if (value.type.dtype !== 'texture') buffers.set(value.id, create(name, byteLength(value.type), storage));
        for (const [key, value] of graph.constants) buffers.set(value.id, constants(key));
        const uniformBuffer = create('uniforms', Math.max(16, uniforms.bytes.byteLength), BufferUsage.UNIFORM | BufferUsage.COPY_DST);
        device.queue.writeBuffer(uniformBuffer, 0, uniforms.bytes);
        const steps = compiled.map(([chosen, pipeline], i) => makeStep(device, chosen, pipeline, buffers, uniformBuffer, uniforms.offsets[i] as readonly number[]));
        return new Executable(gpu, plan, slots, made, buffers, steps);
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

  /** The buffer of an input or a kept value. */
  buffer(value: Value): GPUBuffer {
    const buffer = this.#buffers.get(value.id);
    if (!buffer) throw new InternalError('INTERNAL_BUFFER', `Value ${value.id} has no buffer.`);
    return buffer;
  }

  /** Records one run as one compute pass. `textures` binds the graph's textures by name. */
  encode(encoder: GPUCommandEncoder, textures: Readonly<Record<string, GPUTexture>> = {}, timestampWrites?: GPUComputePassTimestampWrites): void {
    this.#usable();
    const pass = encoder.beginComputePass({ label: 'depthwise', ...(timestampWrites && { timestampWrites }) });
    for (const step of this.#steps) this.#dispatch(pass, step, textures);
    pass.end();
  }

  /** Records one run with one timed pass per dispatch, for profiles. */
  encodeTimed(encoder: GPUCommandEncoder, textures: Readonly<Record<string, GPUTexture>>, timer: PassTimer): void {
    this.#usable();
    this.#steps.forEach((step, i) => {
      const pass = encoder.beginComputePass({ label: step.node.label, timestampWrites: timer.writes(i) });
      this.#dispatch(pass, step, textures);
      pass.end();
    });
    timer.resolve(encoder);
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

  #textureGroup({ node, pipeline, entries, texture }: Step, textures: Readonly<Record<string, GPUTexture>>): GPUBindGroup {
    const bound = texture && textures[texture.name];
    if (!bound) throw new InternalError('INTERNAL_TEXTURE', `Node "${node.label}" needs the texture "${texture?.name}".`);
    let group = texture.seen.get(bound);
    if (!group) {
      const view = { binding: texture.binding, resource: bound.createView({ baseMipLevel: 0, mipLevelCount: 1 }) };
      group = this.#gpu.device.createBindGroup({ label: node.label, layout: pipeline.layout, entries: [...entries, view] });
      texture.seen.set(bound, group);
    }
    return group;
  }

  #usable(): void {
    if (this.#disposed) throw new DisposedError('DISPOSED', 'This executable has been disposed.', { phase: 'run' });
  }
}

/** All uniform structs of all steps in one buffer, each at an aligned offset. */
function layoutUniforms(compiled: readonly (readonly [Chosen, Pipeline])[], alignment: number): { bytes: Uint8Array<ArrayBuffer>; offsets: number[][] } {
  const blocks: { offset: number; bytes: ArrayBuffer }[] = [];
  let end = 0;
  const offsets = compiled.map(([{ kernel }, { bindings }]) =>
    bindings.filter((b) => b.kind === 'uniform').map((b) => {
      const block = { offset: end, bytes: packUniform(b.fields, kernel.params) };
      blocks.push(block);
      end += Math.ceil(block.bytes.byteLength / alignment) * alignment;
      return block.offset;
    }),
  );
  const bytes = new Uint8Array(end);
  for (const block of blocks) bytes.set(new Uint8Array(block.bytes), block.offset);
  return { bytes, offsets };
}

function makeStep(device: GPUDevice, chosen: Chosen, pipeline: Pipeline, buffers: ReadonlyMap<number, GPUBuffer>, uniforms: GPUBuffer, offsets: readonly number[]): Step {
  const { node, kernel } = chosen;
  const { bindings, layout } = pipeline;
  let uniform = 0;
  const entries: GPUBindGroupEntry[] = [];
  let texture: Step['texture'];
  for (const binding of bindings) {
    if (binding.kind === 'uniform') {
      const size = Math.ceil(binding.fields.length / 4) * 16;
      entries.push({ binding: binding.index, resource: { buffer: uniforms, offset: offsets[uniform++] as number, size } });
      continue;
    }
    const value = valueOf(node, binding);
    if (value.type.dtype === 'texture') {
      if (texture) throw new InternalError('INTERNAL_TEXTURE', `Node "${node.label}" binds two textures.`);
      const name = value.origin.kind === 'input' ? value.origin.name : binding.name;
      texture = { name, binding: binding.index, seen: new WeakMap() };
    } else {
      entries.push({ binding: binding.index, resource: { buffer: buffers.get(value.id) as GPUBuffer, size: byteLength(value.type) } });
    }
  }
  checkAllBound(node, bindings);
  const bindGroup = texture ? undefined : device.createBindGroup({ label: node.label, layout, entries });
  return { node, pipeline, groups: foldWorkgroups(kernel.workgroups), entries, bindGroup, texture };
}

function valueOf(node: Node, { name, kind }: Binding): Value {
  const value = kind === 'read_write' || kind === 'storage_texture' ? node.outputs[name] : node.inputs[name];
  if (!value) throw new InternalError('INTERNAL_BINDING', `Kernel of "${node.op.name}" binds "${name}", which the op does not have.`);
  return value;
}

function checkAllBound(node: Node, bindings: readonly Binding[]): void {
  const bound = new Set(bindings.map((b) => b.name));
  const loose = [...Object.keys(node.inputs), ...Object.keys(node.outputs)].find((name) => !bound.has(name));
  if (loose) throw new InternalError('INTERNAL_BINDING', `Kernel of "${node.op.name}" ignores "${loose}".`);
}
