import { readBuffer } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { byteLength, numel } from '../../src/tensor.js';
import { poison } from '../../truth/op_run.js';

/** What a test graph is run on: textures by binding name, and values of f32 inputs by name. */
export interface RunInputs {
  readonly textures?: Readonly<Record<string, GPUTexture>>;
  readonly floats?: Readonly<Record<string, Float32Array>>;
}

/** Values of an output: floats, or words. */
export type Read = Float32Array | Uint32Array;

/** Builds, runs once with outputs poisoned, and reads the values that `build` returns. */
export async function runGraph<T extends Record<string, Value>>(
  gpu: Gpu,
  build: (graph: Graph) => T,
  { textures = {}, floats = {} }: RunInputs,
): Promise<Record<keyof T, Read>> {
  const graph = new Graph();
  const outputs = build(graph);
  const keep = Object.values(outputs).filter((value) => value.type.dtype !== 'texture');
  const { device } = gpu;
  const constants = new Map<string, GPUBuffer>();
  for (const [key, { type, origin }] of graph.constants) {
    const buffer = device.createBuffer({ label: key, size: byteLength(type), usage: 128 | 8 });
    if (origin.kind === 'constant') device.queue.writeBuffer(buffer, 0, origin.pack([]) as Float32Array<ArrayBuffer>);
    constants.set(key, buffer);
  }
  const executable = await Executable.compile(graph, gpu, {
    constants: (key) => constants.get(key) as GPUBuffer,
    keep,
  });
  try {
    poison(device, executable);
    for (const [name, data] of Object.entries(floats))
      device.queue.writeBuffer(
        executable.buffer(graph.inputs.get(name) as Value),
        0,
        data as Float32Array<ArrayBuffer>,
      );
    const encoder = device.createCommandEncoder();
    executable.encode(encoder, textures);
    device.queue.submit([encoder.finish()]);
    const read = keep.map(async (value) => {
      const bytes = await readBuffer(device, executable.buffer(value), byteLength(value.type));
      const name = Object.keys(outputs).find((n) => outputs[n] === value) as string;
      return [
        name,
        new (value.type.dtype === 'u32' ? Uint32Array : Float32Array)(bytes, 0, numel(value.type.shape)),
      ] as const;
    });
    const result = Object.fromEntries(await Promise.all(read));
    gpu.check('run');
    return result as Record<keyof T, Read>;
  } finally {
    executable.dispose();
    for (const buffer of constants.values()) buffer.destroy();
  }
}
