import { GpuUnavailableError } from '../../../src/errors.js';
import type { Op } from '../../../src/kernels/op.js';
import { Gpu } from '../../../src/gpu/gpu.js';
import { chooseKernel } from '../../../src/graph/kernel_choice.js';
import type { Graph, Node } from '../../../src/graph/graph.js';
import type { KernelBench } from '../../../src/tuning/kernel_bench.js';
import { tuneKernels, type TuningOptions } from '../../../src/tuning/tune_kernels.js';
import { nullGpu } from '../kernels/null_gpu.js';

/** The shape of a graph of one product, which not every kernel applies to. */
export const ODD = [[3, 100]] as const;

/** A bench that answers as it is told and writes down what it is asked. */
export class ToldBench implements KernelBench {
  readonly asked: string[] = [];
  readonly timed: string[] = [];
  /** Kernels that answer wrongly. */
  wrong: readonly string[] = [];
  /** Kernels that fit no probe. */
  unprobed: readonly string[] = [];
  times: Readonly<Record<string, number>>;

  constructor(times: Readonly<Record<string, number>> = {}) {
    this.times = times;
  }

  async check({ name }: Op, kernel: string): Promise<boolean> {
    this.asked.push(`${name}/${kernel}`);
    if (this.wrong.includes(kernel)) throw new GpuUnavailableError('GPU_UNSOUND', `wrong: ${kernel}`);
    return !this.unprobed.includes(kernel);
  }

  async time(node: Node, kernels: readonly string[], spent: () => boolean): Promise<readonly number[] | undefined> {
    this.timed.push(`${(node.inputs['x'] as Node['inputs'][string]).type.shape[1]}: ${kernels.join(' ')}`);
    await Promise.resolve();
    return spent()
      ? undefined
      : kernels.map((kernel) => this.times[`${kernel} ${node.inputs['x']?.type.shape[1]}`] ?? this.times[kernel] ?? 1);
  }
}

/** A GPU that calls itself so, on a device that does nothing. */
export async function gpuNamed(info: Partial<GPUAdapterInfo> = {}, on?: GPUDevice): Promise<Gpu> {
  const device = on ?? (await nullGpu()).device;
  const adapterInfo = { vendor: 'somebody', architecture: 'some', device: '', description: '', ...info };
  return Gpu.adopt(
    new Proxy(device, { get: (target, key) => (key === 'adapterInfo' ? adapterInfo : Reflect.get(target, key)) }),
  );
}

/** The kernels that a graph's nodes get. */
export async function kernels(graph: Graph, options: TuningOptions, on?: Gpu): Promise<string[]> {
  const gpu = on ?? (await gpuNamed());
  const { kernel } = await tuneKernels(gpu, graph, options);
  return graph.nodes.map((node) => chooseKernel(node, gpu, kernel(node)).name);
}
