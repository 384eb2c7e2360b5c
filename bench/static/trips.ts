import { BufferUsage, readBuffer } from '../../src/gpu/buffers.js';
import { packUniform } from '../../src/gpu/bindings.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Node } from '../../src/graph/graph.js';
import { foldWorkgroups, type Kernel } from '../../src/kernels/op.js';
import { kernelText } from '../../src/kernels/specialize.js';
import { byteLength } from '../../src/tensor.js';
import { countLoops, loopCount, MARKS_BINDING, MOST_INVOCATIONS } from './loops.js';

/** How often the loops of a kernel run for some shapes. */
export interface Trips {
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Turns of each loop that a wave takes, for waves of 64, as a mean of those of a workgroup. */
  readonly loops: readonly number[];
}

const WAVE = 64;

/**
 * Counts the turns of a kernel's loops by running one workgroup, from the middle of the grid, on the adapter at hand.
 * Nothing is declared, so nothing goes stale. Its inputs are zeros: no loop of a network depends on values.
 */
export async function countTrips(gpu: Gpu, node: Node, kernel: Kernel): Promise<Trips> {
  const { device } = gpu;
  const code = await kernelText(kernel);
  const loops = loopCount(code);
  const counted = countLoops(code, Math.floor(kernel.workgroups / 2));
  const { pipeline, layout, bindings } = await gpu.pipelines.get(counted, `${node.op.name}, counted`);
  const made: GPUBuffer[] = [];
  const buffer = (size: number, usage: number = BufferUsage.STORAGE) => {
    const one = device.createBuffer({ size, usage: usage | BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
    made.push(one);
    return one;
  };
  const counts = buffer(4 * (loops + 1) * MOST_INVOCATIONS);
  try {
    const entries = bindings.map(({ index, name, kind, fields }) => {
      if (index === MARKS_BINDING) return { binding: index, resource: { buffer: counts } };
      if (kind !== 'uniform') {
        const value = kind === 'read' ? node.inputs[name] : (node.outputs[name] ?? node.inputs[name]);
        return { binding: index, resource: { buffer: buffer(value ? byteLength(value.type) : 16) } };
      }
      const bytes = packUniform(fields, kernel.params);
      const uniform = buffer(bytes.byteLength, BufferUsage.UNIFORM);
      device.queue.writeBuffer(uniform, 0, bytes);
      return { binding: index, resource: { buffer: uniform } };
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(...foldWorkgroups(kernel.workgroups));
    pass.end();
    device.queue.submit([encoder.finish()]);
    return tripsOf(new Uint32Array(await readBuffer(device, counts, counts.size)), loops);
  } finally {
    for (const one of made) one.destroy();
  }
}

/** A wave takes as many turns as the invocation of it that takes most. */
function tripsOf(counts: Uint32Array, loops: number): Trips {
  const row = (i: number) => counts.subarray(i * MOST_INVOCATIONS, (i + 1) * MOST_INVOCATIONS);
  const invocations = row(loops).reduce((n, there) => n + there, 0);
  if (invocations === 0) throw new Error('The workgroup that was to count did not run.');
  const waves = Math.ceil(invocations / WAVE);
  const ofWaves = (turns: Uint32Array) =>
    Array.from({ length: waves }, (_, wave) => Math.max(...turns.subarray(wave * WAVE, (wave + 1) * WAVE)));
  return {
    invocations,
    loops: Array.from({ length: loops }, (_, i) => ofWaves(row(i)).reduce((sum, turns) => sum + turns, 0) / waves),
  };
}
