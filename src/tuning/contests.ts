import type { DeviceFacts } from '../gpu/gpu.js';
import { applicableKernels } from '../graph/executor.js';
import { typesOf, type Graph, type Node } from '../graph/graph.js';
import { runsOn, type Kernel } from '../kernels/op.js';

/** A shape that kernels are timed on. */
export interface ProbeShape {
  readonly node: Node;
  /** How much this shape counts: nodes of the graph that have it. */
  readonly count: number;
}

/** Nodes of a graph that have the same kernels to choose from; they get the same one. */
export interface Contest {
  readonly key: string;
  readonly op: string;
  /** The contenders, the safe one first. */
  readonly kernels: readonly string[];
  readonly probes: readonly [ProbeShape, ...ProbeShape[]];
  /** Of all its nodes. */
  readonly flops: number;
}

/** Shapes that the kernels of a contest are timed on. */
const SHAPES = 2;
/** One dispatch must leave time for others: at 1 TFLOP/s this takes 16 ms. */
const MOST_FLOPS = 16e9;

/** The contest that a node would be in: its op and the kernels that a GPU may use for it. */
export function contestKey(node: Node, facts: DeviceFacts): string {
  return `${node.op.name}/${contenders(node, facts).join('|')}`;
}

/** The contests of a graph among the ops that `asked` knows a question for; that of the most work comes first. */
export function contestsOf({ nodes }: Graph, facts: DeviceFacts, asked: (op: string) => boolean): Contest[] {
  const contests = groupBy(
    nodes.filter((node) => asked(node.op.name)),
    (node) => contestKey(node, facts),
  ).map(([key, members]): Contest => {
    const [{ op }] = members;
    return {
      key,
      op: op.name,
      kernels: contenders(members[0], facts),
      probes: probesOf(members),
      flops: flopsOf(members),
    };
  });
  return contests.filter(({ kernels }) => kernels.length > 1).sort((a, b) => b.flops - a.flops);
}

function contenders(node: Node, facts: DeviceFacts): string[] {
  return applicableKernels(node).filter(
    (name) => !node.op.cpuKernels?.includes(name) && runsOn(kernelOf(node, name) as Kernel, facts),
  );
}

function kernelOf({ op, inputs, attrs, outputs }: Node, name: string): Kernel | undefined {
  return op.kernels[name]?.(typesOf(inputs), attrs, typesOf(outputs));
}

/** The kernels, as `op/kernel`, that a graph makes of the same main file as one of a contest. */
export function familyOf({ nodes }: Graph, { probes: [{ node }] }: Contest, name: string): Set<string> {
  const main = kernelOf(node, name)?.sources[0];
  return new Set(
    nodes.filter((other) => kernelOf(other, name)?.sources[0] === main).map(({ op }) => `${op.name}/${name}`),
  );
}

/**
 * The shapes that take most of the work, without those too big to time; of those, the smallest if there are no others.
 */
function probesOf(members: readonly Node[]): readonly [ProbeShape, ...ProbeShape[]] {
  const shapes = groupBy(members, ({ inputs, attrs }) => JSON.stringify([typesOf(inputs), attrs])).map(([, nodes]) => {
    const all = flopsOf(nodes);
    return { node: nodes[0], count: nodes.length, all, one: all / nodes.length };
  });
  const small = shapes.filter(({ one }) => one <= MOST_FLOPS).sort((a, b) => b.all - a.all);
  const [first, ...others] =
    small.length > 0 ? small.slice(0, SHAPES) : shapes.sort((a, b) => a.one - b.one).slice(0, 1);
  return [first as ProbeShape, ...others];
}

function flopsOf(nodes: readonly Node[]): number {
  return nodes.reduce(
    (sum, { op, inputs, attrs, outputs }) => sum + op.cost(typesOf(inputs), attrs, typesOf(outputs)).flops,
    0,
  );
}

function groupBy(nodes: readonly Node[], keyOf: (node: Node) => string): [string, [Node, ...Node[]]][] {
  const groups = new Map<string, [Node, ...Node[]]>();
  for (const node of nodes) {
    const key = keyOf(node);
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups];
}
