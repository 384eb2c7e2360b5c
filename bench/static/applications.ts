import type { Gpu } from '../../src/gpu/gpu.js';
import { typesOf, type Node } from '../../src/graph/graph.js';
import { applicableKernels, chooseKernel, kernelOf } from '../../src/graph/kernel_choice.js';
import { runsOn, type Kernel } from '../../src/kernels/op.js';
import { kernelText, withLanes } from '../../src/kernels/specialize.js';
import { networkNodes, type NetworkCase } from './networks.js';
import type { NullRun } from './null_device.js';
import type { StaticHost, StaticOptions } from './options.js';
import { shapeText } from './shape_text.js';

/** A kernel on the shapes of some nodes of a network, that are alike. */
export interface Application {
  readonly network: NetworkCase;
  readonly precision: 'f32' | 'f16';
  readonly node: Node;
  readonly name: string;
  readonly kernel: Kernel;
  readonly code: string;
  readonly flops: number;
  nodes: number;
}

/** Kernels of networks as a device with some facts would have them. */
export async function applicationsOf(
  { networks, precisions, contenders }: StaticOptions,
  { tensors }: Pick<StaticHost, 'tensors'>,
  facts: Gpu['facts'],
): Promise<Application[]> {
  const found = new Map<string, Application>();
  for (const network of networks)
    for (const precision of precisions)
      for (const node of await networkNodes(network, await tensors(network.checkpoint), precision)) {
        const chosen = chooseKernel(node, { facts, dropped: new Map() }).name;
        for (const name of contenders ? contendersOf(node, facts) : [chosen]) {
          const kernel = kernelOf(node, name) as Kernel;
          const code = await kernelText(kernel);
          const key = JSON.stringify([network, precision, name, kernel.params, kernel.workgroups, code]);
          const known = found.get(key);
          if (known) known.nodes++;
          else found.set(key, { network, precision, node, name, kernel, code, flops: flopsOf(node), nodes: 1 });
        }
      }
  return [...found.values()];
}

/** What rows of all chips say of an application. @param facts of the device that the kernel is picked for */
export function rowFacts({ network, precision, node, name, kernel, nodes }: Application, facts: Gpu['facts']) {
  return {
    model: network.model,
    kernel: `${node.op.name}/${name}`,
    shape: shapeText(node),
    chosen: chooseKernel(node, { facts, dropped: new Map() }).name === name,
    precision,
    nodes,
    workgroups: kernel.workgroups,
  };
}

/** What the compiler could not do with a text, in words. */
export function faultOf(result: NullRun['results'][number] | undefined): string | undefined {
  if (!result) return 'the compiler said nothing';
  return 'error' in result ? result.error : undefined;
}

/** The same with the subgroups that the engine asks the chip for, where the compiler takes them. */
export async function withChosenLanes(
  applications: readonly Application[],
  { name: chip }: { readonly name: string },
  host: StaticHost,
  { lanes }: Gpu['facts'],
): Promise<readonly Application[]> {
  if (lanes === 0) return applications;
  const chosen = applications.filter(({ node, name }) => name !== node.op.kernels[0]?.name);
  const plain = [...new Set(chosen.map(({ code }) => code))];
  const { results } = await host.compile(
    chip,
    plain.map((code) => withLanes(code, lanes)),
  );
  const taken = new Set(plain.filter((_, i) => faultOf(results[i]) === undefined));
  return applications.map((one) =>
    chosen.includes(one) && taken.has(one.code) ? { ...one, code: withLanes(one.code, lanes) } : one,
  );
}

function contendersOf(node: Node, facts: Gpu['facts']): string[] {
  return applicableKernels(node).filter((name) => {
    const { on } = node.op.kernels.find((kernel) => kernel.name === name)!;
    return on !== 'cpu' && runsOn(kernelOf(node, name) as Kernel, facts);
  });
}

function flopsOf({ op, inputs, attrs, outputs }: Node): number {
  return op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops;
}
