import { view, type Constant, type Graph, type Node, type Value } from '../graph/graph.js';
import type { TimeAttention } from './clip_frame.js';

/** Part of the graph of a frame, which runs on every frame of a window before the next part does. */
export interface Stage {
  readonly nodes: readonly Node[];
  /** What it takes of earlier stages, and what later ones take of it; whole values, of the whole graph. */
  readonly takes: readonly Value[];
  readonly leaves: readonly Value[];
  /** Numbers of its attentions. */
  readonly attentions: readonly number[];
}

/**
 * Cuts the graph of a frame where attention along time waits for the rows of all frames. What is not waited for runs
 * as late as it is needed, so that little is kept of each frame; nothing runs twice.
 * @param ends what the last stage gives
 */
export function cutStages(graph: Graph, attentions: readonly TimeAttention[], ends: readonly Value[]): Stage[] {
  const numbers = new Map(attentions.map(({ past }, i) => [past.id, i]));
  const numberOf = ({ inputs }: Node) => numbers.get(inputs['past']?.id as number);
  // How many attentions, one behind the other, come before a node.
  const earliest = new Map<Node, number>();
  for (const node of graph.nodes) {
    const before = Math.max(0, ...makersOf(node).map((maker) => earliest.get(maker) as number));
    earliest.set(node, numberOf(node) === undefined ? before : before + 1);
  }
  const stageOf = new Map<Node, number>();
  const need = (value: Value, stage: number) => {
    const { origin } = value;
    if (origin.kind !== 'node') return;
    stageOf.set(origin.node, Math.min(stageOf.get(origin.node) ?? Infinity, stage));
  };
  const last = Math.max(...earliest.values());
  for (const value of ends) need(value, last);
  for (const node of [...graph.nodes].reverse()) {
    const [number, stage] = [numberOf(node), stageOf.get(node)];
    if (stage === undefined) continue;
    if (number !== undefined) need((attentions[number] as TimeAttention).rows, stage - 1);
    for (const input of Object.values(node.inputs)) need(input, stage);
  }
  return Array.from({ length: last + 1 }, (_, stage) => {
    const nodes = graph.nodes.filter((node) => stageOf.get(node) === stage);
    const numbersHere = nodes.flatMap((node) => numberOf(node) ?? []);
    const crossing = (reads: (reader: number, maker: number) => boolean) => crossingValues(graph, stageOf, reads);
    return {
      nodes,
      takes: crossing((reader, maker) => reader === stage && maker < stage),
      leaves: crossing((reader, maker) => reader > stage && maker === stage),
      attentions: numbersHere,
    };
  });
}

/** Values, whole, that a node reads of another one's, of such stages. */
function crossingValues(
  graph: Graph,
  stageOf: ReadonlyMap<Node, number>,
  reads: (reader: number, maker: number) => boolean,
): Value[] {
  const found = new Map<number, Value>();
  for (const node of graph.nodes)
    for (const { id, origin } of Object.values(node.inputs)) {
      const [reader, maker] = [stageOf.get(node), origin.kind === 'node' ? stageOf.get(origin.node) : undefined];
      if (origin.kind !== 'node' || reader === undefined || maker === undefined || !reads(reader, maker)) continue;
      found.set(id, origin.node.outputs[origin.output] as Value);
    }
  return [...found.values()];
}

function makersOf({ inputs }: Node): Node[] {
  return Object.values(inputs).flatMap(({ origin }) => (origin.kind === 'node' ? [origin.node] : []));
}

/** Values of a stage's own graph, by those of the whole one. */
export type Counterpart = (value: Value) => Value;

/** Applies the nodes of a stage in a graph of its own, where what it takes of others is an input. */
export function stageGraph({ nodes }: Stage, whole: Graph, graph: Graph): Counterpart {
  const found = new Map<number, Value>();
  const wholeOf = ({ id, origin, type }: Value): Value => {
    if (origin.kind === 'constant') return graph.constant(origin as Constant);
    if (origin.kind === 'input') return graph.input(origin.name, (whole.inputs.get(origin.name) as Value).type);
    return graph.input(`value ${id}`, origin.node.outputs[origin.output]?.type ?? type);
  };
  const counterpart: Counterpart = (value) => {
    const own = found.get(value.id) ?? wholeOf(value);
    found.set(value.id, own);
    return own.type.shape.join() === value.type.shape.join() ? own : view(own, value.type.shape);
  };
  for (const { op, inputs, outputs, attrs, label } of nodes) {
    const own = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, counterpart(value)]));
    const made = graph.scope(label, () => graph.apply(op, own, attrs)) as Record<string, Value>;
    for (const [name, { id }] of Object.entries(outputs)) found.set(id, made[name] as Value);
  }
  return counterpart;
}
