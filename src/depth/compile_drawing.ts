import { allocating, createReadback } from '../gpu/buffers.js';
import type { Gpu } from '../gpu/gpu.js';
import { Executable } from '../graph/executor.js';
import { Graph, type Value } from '../graph/graph.js';
import type { Size } from '../image/size.js';
import { byteLength } from '../tensor.js';
import { ConstantStore } from '../weights/constant_store.js';
import type { Drawing } from './drawing_cache.js';

/** Makes a drawing of maps of a size; `build` says what it computes. */
export async function compileDrawing(
  gpu: Gpu,
  { width, height }: Size,
  build: (graph: Graph, depth: Value) => Value,
): Promise<Drawing> {
  const graph = new Graph();
  const depth = graph.input('depth', { dtype: 'f32', shape: [height, width] });
  const result = build(graph, depth);
  const texture = result.type.dtype === 'texture';
  const store = new ConstantStore(gpu, 'the colour map');
  let executable: Executable | undefined;
  let staging: GPUBuffer | undefined;
  const beside: Drawing['beside'] = [];
  const dispose = () => {
    executable?.dispose();
    store.dispose();
    staging?.destroy();
    for (const each of beside) each.dispose();
  };
  try {
    await store.declare(graph);
    executable = await Executable.compile(graph, gpu, {
      constants: (key) => store.buffer(key),
      keep: texture ? [] : [result],
    });
    const bytes = byteLength(result.type);
    if (!texture)
      await allocating(gpu.device, 'a readback', bytes, () => (staging = createReadback(gpu.device, bytes)));
    return { executable, depth, result, staging, beside, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
