import { BufferUsage, readBuffer } from '../../src/gpu/buffers.js';
import { packUniform, readBindings, type Binding } from '../../src/gpu/bindings.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import type { Node } from '../../src/graph/graph.js';
import { foldWorkgroups, type Kernel } from '../../src/kernels/op.js';
import { kernelText } from '../../src/kernels/specialize.js';
import { frameTable } from '../../src/runtime/video_memory.js';
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
/** A frame of a stream that sees as many others as there may be. */
const RUNNING = 100;
/** GPUShaderStage.COMPUTE. */
const COMPUTE = 4;

/**
 * Counts the turns of a kernel's loops by running one workgroup, from the middle of the grid, on the adapter at hand.
 * Nothing is declared, so nothing goes stale. Its inputs are zeros: no loop of a network depends on values, but that
 * over the frames of a stream, of which there are as many as there may be.
 */
export async function countTrips(gpu: Gpu, node: Node, kernel: Kernel): Promise<Trips> {
  const code = await kernelText(kernel);
  const bindings = new Map(readBindings(code).map((binding) => [binding.index, binding]));
  const grid = foldWorkgroups(kernel.workgroups);
  return countTurns(gpu, { code, grid, middle: Math.floor(kernel.workgroups / 2) }, (index) => {
    const { name, kind, fields } = bindings.get(index) as Binding;
    if (kind === 'uniform') return new Uint8Array(packUniform(fields, kernel.params));
    if (name === 'frames') return new Uint8Array(frameTable(RUNNING).buffer);
    const value = kind === 'read' ? node.inputs[name] : (node.outputs[name] ?? node.inputs[name]);
    return value ? byteLength(value.type) : 16;
  });
}

/** A text, the grid it is dispatched on, and the number of the workgroup that counts. */
export interface Counted {
  readonly code: string;
  readonly grid: readonly number[];
  readonly middle: number;
}

/** What a text binds: in uniforms vectors may be, so that this is less than the engine's reading. */
const BOUND = /@group\(0\)\s*@binding\((\d+)\)\s*var<(uniform|storage)(?:,\s*(read_write|read))?>/g;

/** The same of any text: `fill` says what a uniform holds, and how many bytes of zeros are bound elsewhere. */
export async function countTurns(
  gpu: Gpu,
  { code, grid, middle }: Counted,
  fill: (index: number) => Uint8Array<ArrayBuffer> | number,
): Promise<Trips> {
  const { device } = gpu;
  const loops = loopCount(code);
  const text = countLoops(code, middle);
  const bound = [...text.matchAll(BOUND)].map(([, index, space, access]): GPUBindGroupLayoutEntry => {
    const type = space === 'uniform' ? 'uniform' : access === 'read_write' ? 'storage' : 'read-only-storage';
    return { binding: Number(index), visibility: COMPUTE, buffer: { type } };
  });
  const layout = device.createBindGroupLayout({ entries: bound });
  const pipeline = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code: text }), entryPoint: 'main' },
  });
  const made: GPUBuffer[] = [];
  const buffer = (size: number, usage: number = BufferUsage.STORAGE) => {
    const one = device.createBuffer({ size, usage: usage | BufferUsage.COPY_SRC | BufferUsage.COPY_DST });
    made.push(one);
    return one;
  };
  const counts = buffer(4 * (loops + 1) * MOST_INVOCATIONS);
  try {
    const entries = bound.map(({ binding }) => {
      if (binding === MARKS_BINDING) return { binding, resource: { buffer: counts } };
      const filled = fill(binding);
      if (typeof filled === 'number') return { binding, resource: { buffer: buffer(filled) } };
      const given = buffer(filled.byteLength, BufferUsage.UNIFORM | BufferUsage.STORAGE);
      device.queue.writeBuffer(given, 0, filled);
      return { binding, resource: { buffer: given } };
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(...(grid as [number, number, number]));
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
