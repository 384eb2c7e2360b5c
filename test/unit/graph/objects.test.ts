import { expect, it } from 'vitest';
import { Gpu } from '../../../src/gpu/gpu.js';
import { Executable } from '../../../src/graph/executor.js';
import { Graph, type Value } from '../../../src/graph/graph.js';
import { gemm } from '../../../src/kernels/gemm.js';
import { layerNorm } from '../../../src/kernels/layer_norm.js';
import { preprocess } from '../../../src/kernels/preprocess.js';
import { pictureTexture } from '../../../truth/textures.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { countingDevice, type Counts } from './counting_device.js';

/** picture -> preprocess -> gemm -> layerNorm -> gemm: a texture, several kernels, a pipeline used twice. */
function buildGraph(): { graph: Graph; y: Value } {
  const graph = new Graph();
  const value = (name: string, ...shape: number[]) => graph.input(name, { dtype: 'f32', shape });
  const picture = graph.input('picture', { dtype: 'texture', shape: [9, 7] });
  const { y: pixels } = graph.apply(
    preprocess,
    { picture },
    { size: [8, 8], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  );
  const { y: first } = graph.apply(gemm, { x: pixels, weight: value('w1', 4, 8), bias: value('b1', 8) }, {});
  const { y: again } = graph.apply(gemm, { x: first, weight: value('w2', 8, 8), bias: value('b2', 8) }, {});
  const { y: table } = graph.apply(
    gemm,
    { x: value('rows', 3, 8), weight: value('w3', 8, 8), bias: value('b3', 8) },
    {},
  );
  const { y } = graph.apply(layerNorm, { x: table, gamma: value('g', 8), beta: value('b', 8) }, { eps: 1e-6 });
  expect(again.type.shape).toEqual([8, 8, 8]);
  return { graph, y };
}

function run(device: GPUDevice, executable: Executable, picture: GPUTexture): void {
  const encoder = device.createCommandEncoder();
  executable.encode(encoder, { picture });
  device.queue.submit([encoder.finish()]);
}

const made = (counts: Counts) =>
  [...counts].filter(([name]) => name.startsWith('create') && name !== 'createCommandEncoder');

it('a run makes no GPU object, writes nothing, and is one pass and one submit', async () => {
  const real = (await nullGpu()).device;
  const { device, counts } = countingDevice(real);
  const { graph, y } = buildGraph();
  const executable = await Executable.compile(graph, Gpu.adopt(device), {
    keep: [y],
  });
  const picture = pictureTexture(real, {
    type: { dtype: 'texture', shape: [9, 7] },
    bytes: new Uint8Array(4 * 9 * 7),
  });
  expect(counts.get('createComputePipelineAsync'), 'equal kernels share a pipeline').toBe(3);
  expect(counts.get('createBindGroup')).toBe(4);

  counts.clear();
  run(device, executable, picture);
  expect(made(counts), 'a texture seen for the first time').toEqual([['createBindGroup', 1]]);

  counts.clear();
  for (let i = 0; i < 3; i++) run(device, executable, picture);
  expect(made(counts)).toEqual([]);
  expect(Object.fromEntries(counts)).toEqual({
    createCommandEncoder: 3,
    beginComputePass: 3,
    setPipeline: 15,
    setBindGroup: 15,
    dispatchWorkgroups: 15,
    end: 3,
    finish: 3,
    submit: 3,
  });
  executable.dispose();
  picture.destroy();
});

it('compiling again reuses every pipeline, and disposing destroys every buffer it made', async () => {
  const { device, counts } = countingDevice((await nullGpu()).device);
  const gpu = Gpu.adopt(device);
  const compile = () => {
    const { graph, y } = buildGraph();
    return Executable.compile(graph, gpu, {
      keep: [y],
    });
  };
  (await compile()).dispose();
  counts.clear();
  const executable = await compile();
  expect(counts.get('createComputePipelineAsync')).toBeUndefined();
  expect(counts.get('createShaderModule')).toBeUndefined();
  const inputs = 9;
  expect(counts.get('createBuffer')).toBe(executable.slots.length + inputs + 1);
  executable.dispose();
  expect(counts.get('destroyBuffer')).toBe(counts.get('createBuffer'));
});

it('refuses to run once disposed', async () => {
  const { device } = await nullGpu();
  const { graph, y } = buildGraph();
  const executable = await Executable.compile(graph, Gpu.adopt(device), {
    keep: [y],
  });
  executable.dispose();
  executable.dispose();
  expect(() => executable.encode(device.createCommandEncoder())).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
});
