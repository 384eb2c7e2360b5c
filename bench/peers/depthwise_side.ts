import { BufferUsage, createReadback, readMapped } from '../../src/gpu/buffers.js';
import type { Gpu } from '../../src/gpu/gpu.js';
import { Executable } from '../../src/graph/executor.js';
import { chooseKernel } from '../../src/graph/kernel_choice.js';
import type { Value } from '../../src/graph/graph.js';
import { byteLength, numel } from '../../src/tensor.js';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import type { NetworkFacts } from '../document.js';
import type { ModelFiles } from '../models.js';
import { interleaved, Network } from '../network.js';
import { operationGraph, toNhwc, type OperationCase } from './cases.js';
import type { NetworkCase } from './networks.js';

/** One side of a comparison on one case: a call takes its input from CPU memory and leaves its output there. */
export interface Side {
  /** Kernels that were chosen, or what the peer runs on. */
  readonly work: string;
  /** Of a network on Depthwise. */
  readonly network?: NetworkFacts;
  /** The output, in that side's layout. */
  call(): Promise<Float32Array>;
  dispose(): void | Promise<void>;
}

/** An operation on Depthwise; `input` is in the peer's layout. */
export async function depthwiseOperation(gpu: Gpu, kase: OperationCase, input: Float32Array): Promise<Side> {
  const { graph, x, y, weights } = operationGraph(kase);
  const { device } = gpu;
  const constants = new Map(
    [...weights].map(([key, values]) => {
      const buffer = device.createBuffer({
        label: key,
        size: Math.ceil(values.byteLength / 16) * 16,
        usage: BufferUsage.STORAGE | BufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
      return [key, buffer];
    }),
  );
  const executable = await Executable.compile(graph, gpu, {
    constants: (key) => constants.get(key) as GPUBuffer,
    keep: [y],
  });
  const work = [...new Set(graph.nodes.map((node) => `${node.op.name}/${chooseKernel(node, gpu).name}`))].join(' ');
  const own = kase.layout === 'nchw' ? toNhwc(input, kase.input) : Float32Array.from(input);
  return {
    work,
    call: caller(gpu, executable, x, y, own),
    dispose: () => {
      executable.dispose();
      for (const buffer of constants.values()) buffer.destroy();
    },
  };
}

/** A network on Depthwise. */
export async function depthwiseNetwork(
  gpu: Gpu,
  { model, input: [, , H, W], checkpoint }: NetworkCase,
  input: Float32Array,
  files: ModelFiles,
): Promise<Side> {
  const network = await Network.open(gpu, model, 'f32', seededCheckpoint(await files.tensors(checkpoint)));
  const { pipelines } = await network.compile(H, W);
  await network.upload();
  const { run, image, output } = await network.executable(H, W, input);
  return {
    work: `${run.dispatches} dispatches`,
    network: { dispatches: run.dispatches, pipelines, activations: run.plan.bytes, lowerBound: run.plan.lowerBound },
    call: caller(gpu, run, image, output, interleaved(input, H * W)),
    dispose: () => {
      run.dispose();
      network.store.dispose();
    },
  };
}

function caller(
  { device }: Gpu,
  executable: Executable,
  x: Value,
  y: Value,
  input: Float32Array<ArrayBuffer>,
): () => Promise<Float32Array> {
  const bytes = byteLength(y.type);
  const staging = createReadback(device, bytes);
  return async () => {
    device.queue.writeBuffer(executable.buffer(x), 0, input);
    const encoder = device.createCommandEncoder();
    executable.encode(encoder);
    encoder.copyBufferToBuffer(executable.buffer(y), 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    return new Float32Array(await readMapped(staging, 4 * numel(y.type.shape)));
  };
}
