import { describe, expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { applicableKernels, chooseKernel } from '../../../src/graph/kernel_choice.js';
import type { Node } from '../../../src/graph/graph.js';
import { kernelText } from '../../../src/kernels/specialize.js';
import { checkKernel } from '../../../src/tuning/known_answer.js';
import { tuningTasks, type TunedShape } from '../../../src/tuning/tuning_tasks.js';
import { tuneKernels } from '../../../src/tuning/tune_kernels.js';
import { testGpu } from '../../gpu.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { frameGraph } from '../model/frame_graph.js';

const MODELS = [
  ['depth-anything-v2-small', 'depth-anything-small'],
  ['depth-anything-v2-large', 'depth-anything-large'],
  ['midas-v2.1-small', 'midas-v2.1-small'],
] as const;

describe('on a CPU adapter', () => {
  it.each(MODELS)('every op of %s that has a kernel without workgroup memory uses one', async (model, checkpoint) => {
    const gpu = Gpu.adopt((await testGpu()).device);
    const { graph } = frameGraph(model, checkpoint);
    const { kernel, chosen } = await tuneKernels(gpu, graph);
    expect([...chosen]).toEqual([]);
    const shares = async (node: Node, name?: string) =>
      (await kernelText(chooseKernel(node, gpu, name).kernel)).includes('var<workgroup>');
    for (const node of graph.nodes) {
      if (!(await shares(node, kernel(node)))) continue;
      const others = await Promise.all(applicableKernels(node).map((name) => shares(node, name)));
      expect(others, `${node.op.name} ${node.label}`).not.toContain(false);
    }
  });
});

describe('on a GPU', () => {
  it.each(MODELS)('every kernel in %s has a probe, and timed on shapes that take little', async (model, checkpoint) => {
    const gpu = Gpu.adopt((await nullGpu()).device);
    for (const storage of ['f32', 'f16'] as const) {
      const { graph } = frameGraph(model, checkpoint, { storage });
      const tasks = tuningTasks(graph, gpu.facts);
      for (const { op, kernels, shapes } of tasks) {
        expect(shapes.length).toBeLessThanOrEqual(2);
        // The null backend computes nothing: a probe that runs finds a wrong answer.
        for (const kernel of kernels)
          expect(
            await checkKernel(gpu, storage, op, kernel).catch(({ code }: { code: unknown }) => code),
            `${op.name}/${kernel}`,
          ).toBe('GPU_UNSOUND');
      }
      const shapeText = ({ node, count }: TunedShape) =>
        `${count} x ${JSON.stringify(Object.values(node.inputs)[0]?.type.shape)}`;
      const texts = tasks.map(({ key, shapes }) => `${key} on ${shapes.map(shapeText).join(' and ')}`);
      console.log(`${model} ${storage}: ${texts.join('; ') || 'no task'}`);
    }
    expect([...gpu.dropped]).toEqual([]);
  });
});
