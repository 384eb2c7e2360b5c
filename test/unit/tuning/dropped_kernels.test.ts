import { describe, expect, it } from 'vitest';
import { ShaderError } from '../../../src/errors.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { chooseKernel, compilePipelines } from '../../../src/graph/kernel_choice.js';
import { Graph, type Node } from '../../../src/graph/graph.js';
import { defineOp, type Kernel } from '../../../src/kernels/op.js';
import type { TensorType } from '../../../src/tensor.js';
import { FaultyDevice } from '../../faults/faulty_device.js';
import { nullGpu } from '../kernels/null_gpu.js';

const kernel = (body: string) => (): Kernel => ({
  files: [
    `@group(0) @binding(0) var<storage, read_write> y: array<f32>;\n@compute @workgroup_size(1) ` +
      `fn main() { y[0] = ${body}; }`,
  ],
  tunables: {},
  params: {},
  workgroups: 1,
});

/** An op that prefers `fast`, of kernels that apply to rows of any length but `even`. */
const op = defineOp<{ x: TensorType }, { safe?: string; fast?: string }>({
  name: 'fill',
  infer: ({ x }) => ({ y: x }),
  kernels: [
    { name: 'even', on: 'any', make: ({ x }) => ((x.shape[0] as number) % 2 === 0 ? kernel('0.0')() : undefined) },
    { name: 'safe', on: 'any', make: (_, { safe = '1.0' }) => kernel(safe)() },
    { name: 'fast', on: 'any', prefer: () => true, make: (_, { fast = '2.0' }) => kernel(fast)() },
  ],
  cost: () => ({ flops: 0 }),
});

function graphOf(attrs: { safe?: string; fast?: string }, length = 3): Graph {
  const graph = new Graph();
  graph.apply(op, { x: graph.input('x', { dtype: 'f32', shape: [length] }) }, attrs);
  return graph;
}

async function fresh(): Promise<{ gpu: Gpu; faulty: FaultyDevice }> {
  const faulty = new FaultyDevice((await nullGpu()).device);
  return { gpu: Gpu.adopt(faulty.device), faulty };
}

async function compiled(graph: Graph, gpu: Gpu): Promise<string[]> {
  return (await compilePipelines(graph, gpu)).map(([{ name }]) => name);
}

describe('a kernel that a device does not compile', () => {
  it.each([
    ['invalid', 'SHADER_COMPILE'],
    ['refused by the driver', 'SHADER_INTERNAL'],
  ])('is dropped, and the first that applies does its work from then on: %s', async (how, code) => {
    const { gpu, faulty } = await fresh();
    if (how !== 'invalid') faulty.arm('createComputePipelineAsync', 1, 'reject');
    const graph = graphOf({ fast: how === 'invalid' ? 'nothing' : '2.0' });
    expect(await compiled(graph, gpu)).toEqual(['safe']);
    expect([...gpu.dropped].map(([name, error]) => [name, error.code])).toEqual([['fill/fast', code]]);
    const modules = faulty.calls.get('createShaderModule');
    expect(await compiled(graph, gpu)).toEqual(['safe']);
    expect(faulty.calls.get('createShaderModule')).toBe(modules);
    expect(await compiled(graphOf({}, 4), gpu)).toEqual(['even']);
    expect(chooseKernel(graph.nodes[0] as Node, gpu, 'fast').name).toBe('safe');
    expect(faulty.uncaptured).toEqual([]);
  });

  it('is an error where it is the first', async () => {
    const { gpu } = await fresh();
    const error = await compiled(graphOf({ safe: 'nothing', fast: 'nothing' }), gpu).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShaderError);
    expect(error).toMatchObject({ code: 'SHADER_COMPILE', message: expect.stringContaining('fill/safe') });
  });

  it('is not what a device without memory has', async () => {
    const { gpu, faulty } = await fresh();
    faulty.arm('createBindGroupLayout', 1, 'throw');
    await expect(compiled(graphOf({}), gpu)).rejects.toMatchObject({ code: 'GPU_OOM' });
    expect([...gpu.dropped]).toEqual([]);
    expect(await compiled(graphOf({}), gpu)).toEqual(['fast']);
  });
});
