import { InternalError } from '../errors.js';
import { packUniform, type Binding } from '../gpu/bindings.js';
import type { Pipeline } from '../gpu/pipelines.js';
import { foldWorkgroups } from '../kernels/op.js';
import { byteLength } from '../tensor.js';
import type { Node, Value } from './graph.js';
import type { Chosen } from './kernel_choice.js';
import type { Place } from './plan.js';

/** The binding of `stored_half.wgsl`, which is no value of the graph. */
export const OVERFLOW = 'overflow';

/** Where the values of an executable are. */
export interface Storage {
  readonly slots: readonly GPUBuffer[];
  /** Node outputs, by value id. */
  readonly places: ReadonlyMap<number, Place>;
  /** Inputs and constants, by value id: each is a whole buffer. */
  readonly whole: ReadonlyMap<number, GPUBuffer>;
  readonly uniforms: GPUBuffer;
  /** Where kernels that store f16 tell of values that it does not hold; undefined where there are none. */
  readonly overflow: GPUBuffer | undefined;
}

/** One prepared dispatch. */
export interface Step {
  readonly node: Node;
  readonly pipeline: Pipeline;
  readonly groups: readonly [number, number];
  /** Buffers of the step; complete unless `texture` is set. */
  readonly entries: readonly GPUBindGroupEntry[];
  readonly bindGroup: GPUBindGroup | undefined;
  /** The one texture bound at run time, and the bind groups made for the textures seen so far. */
  readonly texture:
    { readonly name: string; readonly binding: number; readonly seen: WeakMap<GPUTexture, GPUBindGroup> } | undefined;
}

/** All uniform structs of all steps in one buffer, each at an aligned offset. */
export function layoutUniforms(
  compiled: readonly (readonly [Chosen, Pipeline])[],
  alignment: number,
): { bytes: Uint8Array<ArrayBuffer>; offsets: number[][] } {
  const blocks: { offset: number; bytes: ArrayBuffer }[] = [];
  let end = 0;
  const offsets = compiled.map(([{ kernel }, { bindings }]) =>
    bindings
      .filter((b) => b.kind === 'uniform')
      .map((b) => {
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

/** Prepares the dispatch of a chosen kernel; `offsets` are those of its uniform structs. */
export function makeStep(
  device: GPUDevice,
  chosen: Chosen,
  pipeline: Pipeline,
  storage: Storage,
  offsets: readonly number[],
): Step {
  const { node, kernel } = chosen;
  const { bindings, layout } = pipeline;
  let uniform = 0;
  const entries: GPUBindGroupEntry[] = [];
  let texture: Step['texture'];
  for (const binding of bindings) {
    if (binding.kind === 'uniform') {
      const size = Math.ceil(binding.fields.length / 4) * 16;
      entries.push({
        binding: binding.index,
        resource: { buffer: storage.uniforms, offset: offsets[uniform++] as number, size },
      });
      continue;
    }
    if (binding.name === OVERFLOW) {
      entries.push({ binding: binding.index, resource: { buffer: storage.overflow as GPUBuffer } });
      continue;
    }
    const value = valueOf(node, binding);
    if (value.type.dtype === 'texture') {
      if (texture) throw new InternalError('INTERNAL_TEXTURE', `Node "${node.label}" binds two textures.`);
      const name = value.origin.kind === 'input' ? value.origin.name : binding.name;
      texture = { name, binding: binding.index, seen: new WeakMap() };
    } else {
      entries.push({ binding: binding.index, resource: rangeOf(storage, value) });
    }
  }
  checkAllBound(node, bindings);
  const bindGroup = texture ? undefined : device.createBindGroup({ label: node.label, layout, entries });
  return { node, pipeline, groups: foldWorkgroups(kernel.workgroups), entries, bindGroup, texture };
}

function rangeOf({ slots, places, whole }: Storage, { id, type }: Value): GPUBufferBinding {
  const { slot, offset } = places.get(id) ?? { slot: -1, offset: 0 };
  return { buffer: (slots[slot] ?? whole.get(id)) as GPUBuffer, offset, size: byteLength(type) };
}

function valueOf(node: Node, { name, kind }: Binding): Value {
  const value = kind === 'read_write' || kind === 'storage_texture' ? node.outputs[name] : node.inputs[name];
  if (!value)
    throw new InternalError(
      'INTERNAL_BINDING',
      `Kernel of "${node.op.name}" binds "${name}", which the op does not have.`,
    );
  return value;
}

function checkAllBound(node: Node, bindings: readonly Binding[]): void {
  const bound = new Set(bindings.map((b) => b.name));
  const loose = [...Object.keys(node.inputs), ...Object.keys(node.outputs)].find((name) => !bound.has(name));
  if (loose) throw new InternalError('INTERNAL_BINDING', `Kernel of "${node.op.name}" ignores "${loose}".`);
}
