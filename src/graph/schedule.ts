import { byteLength } from '../tensor.js';
import type { Graph, Node, Value } from './graph.js';

/**
 * An order to run a graph's nodes in that keeps few bytes alive: what lies deepest under an output first, everything
 * else as late as it is needed, except a node that frees more than it makes, which runs at once. The order of the graph
 * stands where that takes no more. Values in `keep` are alive to the end.
 */
export function schedule(graph: Graph, keep: ReadonlySet<number>): readonly Node[] {
  const order = lateOrder(graph, keep);
  return peakBytes(order, keep) <= peakBytes(graph.nodes, keep) ? order : graph.nodes;
}

/** Position in an order of the last node that uses each value, by value id: its own maker's where nothing reads it. */
export function lastUses(order: readonly Node[], keep: ReadonlySet<number>): Map<number, number> {
  const last = new Map<number, number>();
  order.forEach(({ inputs, outputs }, at) => {
    for (const { id } of [...Object.values(inputs), ...Object.values(outputs)]) last.set(id, at);
  });
  for (const id of keep) last.set(id, Infinity);
  return last;
}

/**
 * Most bytes of node outputs alive at one node of an order, its inputs and outputs included: no plan of that order can
 * need less.
 */
export function peakBytes(order: readonly Node[], keep: ReadonlySet<number>): number {
  const last = lastUses(order, keep);
  const ending: number[] = order.map(() => 0);
  let live = 0;
  let peak = 0;
  order.forEach((node, at) => {
    for (const value of Object.values(node.outputs)) {
      const bytes = storedBytes(value);
      live += bytes;
      const end = last.get(value.id) as number;
      if (end < order.length) (ending[end] as number) += bytes;
    }
    peak = Math.max(peak, live);
    live -= ending[at] as number;
  });
  return peak;
}

function lateOrder(graph: Graph, keep: ReadonlySet<number>): Node[] {
  const depth: number[] = [];
  const readers = new Map<number, Set<Node>>();
  for (const node of graph.nodes) {
    depth.push(1 + Math.max(0, ...makersOf(node).map(({ index }) => depth[index] as number)));
    for (const { id } of Object.values(node.inputs)) readers.set(id, (readers.get(id) ?? new Set()).add(node));
  }
  const order = new Set<Node>();
  const frees = (node: Node): number => {
    const ended = new Map(Object.values(node.inputs).map((value) => [value.id, value]));
    return [...ended.values()].reduce((sum, value) => {
      const others = [...(readers.get(value.id) ?? [])].some((reader) => reader !== node && !order.has(reader));
      return value.origin.kind !== 'node' || keep.has(value.id) || others ? sum : sum + storedBytes(value);
    }, 0);
  };
  const run = (node: Node): void => {
    if (order.has(node)) return;
    for (const maker of makersOf(node).sort((a, b) => (depth[b.index] as number) - (depth[a.index] as number)))
      run(maker);
    if (order.has(node)) return;
    order.add(node);
    for (const reader of Object.values(node.outputs).flatMap(({ id }) => [...(readers.get(id) ?? [])])) {
      const makes = Object.values(reader.outputs).reduce((sum, value) => sum + storedBytes(value), 0);
      if (makersOf(reader).every((maker) => order.has(maker)) && makes < frees(reader)) run(reader);
    }
  };
  for (const node of graph.nodes) if (Object.values(node.outputs).every(({ id }) => !readers.has(id))) run(node);
  for (const node of graph.nodes) run(node);
  return [...order];
}

function makersOf(node: Node): Node[] {
  return Object.values(node.inputs).flatMap(({ origin }) => (origin.kind === 'node' ? [origin.node] : []));
}

/** Bytes of a value in a buffer of the plan: a texture is the caller's. */
export function storedBytes({ type }: Value): number {
  return type.dtype === 'texture' ? 0 : byteLength(type);
}
