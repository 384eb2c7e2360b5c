import type { DeviceFacts } from '../gpu/gpu.js';
import { kernelOf } from '../graph/kernel_choice.js';
import { typesOf, type Graph, type Node } from '../graph/graph.js';
import { ruleKernel, runsOn, type Op } from '../kernels/op.js';

/** A shape that kernels are timed on. */
export interface TunedShape {
  readonly node: Node;
  /** How much this shape counts: nodes of the graph that have it. */
  readonly count: number;
}

/** Nodes of a graph that have the same kernels to choose from; they get the same one. */
export interface TuningTask {
  readonly key: string;
  readonly op: Op;
  /** Names, the safe one first. */
  readonly kernels: readonly string[];
  readonly shapes: readonly [TunedShape, ...TunedShape[]];
  /** Of all its nodes. */
  readonly flops: number;
}

/** Shapes that the kernels of a task are timed on. */
const SHAPES = 2;
/** One dispatch must leave time for others: at 1 TFLOP/s this takes 16 ms. */
const MOST_FLOPS = 16e9;

/** The task that a node would be in: its op and the kernels that a GPU may use for it. */
export function taskKey(node: Node, facts: DeviceFacts): string {
  return `${node.op.name}/${gpuKernels(node, facts).join('|')}`;
}

/** The tasks of a graph among the ops that have probes; that of the most work comes first. */
export function tuningTasks({ nodes }: Graph, facts: DeviceFacts): TuningTask[] {
  const tasks = groupBy(
    nodes.filter(({ op }) => op.probes),
    (node) => taskKey(node, facts),
  ).map(([key, members]): TuningTask => {
    const [{ op }] = members;
    return {
      key,
      op,
      kernels: gpuKernels(members[0], facts),
      shapes: shapesOf(members),
      flops: flopsOf(members),
    };
  });
  return tasks.filter(({ kernels }) => kernels.length > 1).sort((a, b) => b.flops - a.flops);
}

function gpuKernels(node: Node, facts: DeviceFacts): string[] {
  const { op, inputs, attrs, outputs } = node;
  const rule = ruleKernel(op, typesOf(inputs), attrs, typesOf(outputs), facts);
  const tried = op.kernels.filter(({ name, on, twinOf = rule }) => {
    const made = on === 'cpu' || twinOf !== rule ? undefined : kernelOf(node, name);
    return made && runsOn(made, facts);
  });
  return tried.map(({ name }) => name);
}

/** The kernels, as `op/kernel`, that a graph makes of the same main file as one of a task. */
export function sharersOf({ nodes }: Graph, { shapes: [{ node }] }: TuningTask, name: string): Set<string> {
  const main = kernelOf(node, name)?.files[0];
  return new Set(
    nodes.filter((other) => kernelOf(other, name)?.files[0] === main).map(({ op }) => `${op.name}/${name}`),
  );
}

/**
 * The shapes that take most of the work, without those too big to time; of those, the smallest if there are no others.
 */
function shapesOf(members: readonly Node[]): readonly [TunedShape, ...TunedShape[]] {
  const shapes = groupBy(members, ({ inputs, attrs }) => JSON.stringify([typesOf(inputs), attrs])).map(([, nodes]) => {
    const all = flopsOf(nodes);
    return { node: nodes[0], count: nodes.length, all, one: all / nodes.length };
  });
  const small = shapes.filter(({ one }) => one <= MOST_FLOPS).sort((a, b) => b.all - a.all);
  const [first, ...others] =
    small.length > 0 ? small.slice(0, SHAPES) : shapes.sort((a, b) => a.one - b.one).slice(0, 1);
  return [first as TunedShape, ...others];
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
