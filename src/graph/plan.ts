import { byteLength } from '../tensor.js';
import type { Graph, Value } from './graph.js';

/** Which buffer every node output lives in, and what that costs; known before anything is allocated. */
export interface Plan {
  /** Bytes of each slot. A slot is one GPUBuffer. */
  readonly slots: readonly number[];
  /** Slot of each node output, by value id. */
  readonly slotOf: ReadonlyMap<number, number>;
  /** Bytes of all slots together: the peak activation memory. */
  readonly bytes: number;
  /** Most bytes live at one step: no plan can need less. */
  readonly lowerBound: number;
}

interface Interval {
  readonly value: Value;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Gives every node output a slot: largest first, best-fitting slot that is free for the whole lifetime
 * (greedy by size, arXiv 2001.03288). Lifetimes are closed intervals of node indices, so the inputs and
 * outputs of one step never share a slot. Values in `keep` live to the end.
 */
export function planSlots(graph: Graph, keep: Iterable<Value>): Plan {
  const intervals = lifetimes(graph, new Set([...keep].map((value) => value.id)));
  const slots: { bytes: number; taken: Interval[] }[] = [];
  const slotOf = new Map<number, number>();
  for (const interval of [...intervals].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const free = slots.findLastIndex((slot) => slot.taken.every((t) => t.last < interval.first || interval.last < t.first));
    const index = free >= 0 ? free : slots.push({ bytes: interval.bytes, taken: [] }) - 1;
    slots[index]?.taken.push(interval);
    slotOf.set(interval.value.id, index);
  }
  const live = (step: number) => intervals.reduce((sum, i) => (i.first <= step && step <= i.last ? sum + i.bytes : sum), 0);
  return {
    slots: slots.map((s) => s.bytes),
    slotOf,
    bytes: slots.reduce((sum, s) => sum + s.bytes, 0),
    lowerBound: Math.max(0, ...graph.nodes.map((n) => live(n.index))),
  };
}

function lifetimes(graph: Graph, keep: ReadonlySet<number>): Interval[] {
  const last = new Map<number, number>();
  for (const node of graph.nodes) for (const value of Object.values(node.inputs)) last.set(value.id, node.index);
  return graph.nodes.flatMap((node) =>
    Object.values(node.outputs)
      .filter((value) => value.type.dtype !== 'texture')
      .map((value) => ({
        value,
        bytes: byteLength(value.type),
        first: node.index,
        last: keep.has(value.id) ? Infinity : (last.get(value.id) ?? node.index),
      })),
  );
}
