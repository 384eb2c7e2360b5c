import { InternalError, ShaderError, TimeoutError } from '../errors.js';
import type { Gpu } from '../gpu/gpu.js';
import type { Pipeline } from '../gpu/pipelines.js';
import { makeKernel, ruleKernel, type Kernel } from '../kernels/op.js';
import { kernelText, withLanes } from '../kernels/specialize.js';
import { typesOf, type Graph, type Node } from './graph.js';

/** A kernel picked for a node. */
export interface Chosen {
  readonly node: Node;
  readonly name: string;
  readonly kernel: Kernel;
}

/** The kernel of a name for a node; undefined where it does not fit. */
export function kernelOf({ op, inputs, attrs, outputs }: Node, name: string): Kernel | undefined {
  return makeKernel(op, name, typesOf(inputs), attrs, typesOf(outputs));
}

/** Names of the kernels that apply to a node, the safe one first. */
export function applicableKernels(node: Node): string[] {
  return node.op.kernels.map(({ name }) => name).filter((name) => kernelOf(node, name));
}

/** Picks the kernel of a node for a device: the safe one instead of one that the device has dropped. */
export function chooseKernel(node: Node, gpu: Pick<Gpu, 'facts' | 'dropped'>, preset?: string): Chosen {
  const { op, inputs, attrs, outputs, label } = node;
  const wanted = preset ?? ruleKernel(op, typesOf(inputs), attrs, typesOf(outputs), gpu.facts);
  const name = gpu.dropped.has(`${op.name}/${wanted}`) ? (applicableKernels(node)[0] as string) : wanted;
  const kernel = kernelOf(node, name);
  if (!kernel)
    throw new InternalError('INTERNAL_KERNEL', `Op "${op.name}" has no kernel "${name}" for node "${label}".`);
  return { node, name, kernel };
}

/**
 * Starts compiling every pipeline of a graph; they are shared by later graphs on the same device.
 * @param each called when that of a node is there
 */
export async function compilePipelines(
  graph: Graph,
  gpu: Gpu,
  preset?: (node: Node) => string | undefined,
  each?: () => void,
): Promise<[Chosen, Pipeline][]> {
  return Promise.all(
    graph.nodes.map(async (node) => {
      const compiled = await compileNode(node, gpu, preset?.(node));
      each?.();
      return compiled;
    }),
  );
}

/**
 * A driver may fail at a kernel that others take, or never be done with it: it is dropped, and the safe one does its
 * work.
 */
async function compileNode(node: Node, gpu: Gpu, preset: string | undefined): Promise<[Chosen, Pipeline]> {
  const chosen = chooseKernel(node, gpu, preset);
  const name = `${node.op.name}/${chosen.name}`;
  try {
    return [chosen, await compileKernel(chosen, gpu, name)];
  } catch (error) {
    if (!(error instanceof ShaderError || error instanceof TimeoutError) || chosen.name === applicableKernels(node)[0])
      throw error;
    gpu.dropped.set(name, error);
    return compileNode(node, gpu, preset);
  }
}

/** The safe kernels leave their subgroups to the browser: they ask least of it. */
async function compileKernel({ node, name, kernel }: Chosen, gpu: Gpu, label: string): Promise<Pipeline> {
  const code = await kernelText(kernel);
  const { lanes } = gpu.facts;
  if (lanes > 0 && name !== node.op.kernels[0]?.name)
    try {
      return await gpu.pipelines.get(withLanes(code, lanes), label);
    } catch (error) {
      // Not every workgroup is a multiple of the lanes.
      if (!(error instanceof ShaderError)) throw error;
    }
  return gpu.pipelines.get(code, label);
}
