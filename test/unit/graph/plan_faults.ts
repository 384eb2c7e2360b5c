import type { Graph, Value } from '../../../src/graph/graph.js';
import type { Plan } from '../../../src/graph/plan.js';
import { byteLength } from '../../../src/tensor.js';

/** What is wrong with a plan, found by going through the steps one at a time. */
export function planFaults(graph: Graph, keep: readonly Value[], plan: Plan): string[] {
  const faults: string[] = [];
  const outputs = graph.nodes.flatMap((node) => Object.values(node.outputs));
  let most = 0;
  for (const node of graph.nodes) {
    const live = outputs.filter((value) => isLive(graph, keep, value, node.index));
    most = Math.max(most, live.reduce((sum, value) => sum + byteLength(value.type), 0));
    const seen = new Map<number, Value>();
    for (const value of live) {
      const slot = plan.slotOf.get(value.id);
      if (slot === undefined || plan.slots[slot] === undefined) {
        faults.push(`value ${value.id} has no slot`);
        continue;
      }
      if ((plan.slots[slot] as number) < byteLength(value.type)) faults.push(`slot ${slot} is too small for value ${value.id}`);
      const other = seen.get(slot);
      if (other) faults.push(`values ${other.id} and ${value.id} share slot ${slot} at step ${node.index}`);
      seen.set(slot, value);
    }
  }
  if (plan.lowerBound !== most) faults.push(`lower bound is ${plan.lowerBound}, most live at one step is ${most}`);
  if (plan.bytes < most) faults.push(`${plan.bytes} bytes, but ${most} are live at one step`);
  if (plan.bytes !== plan.slots.reduce((sum, bytes) => sum + bytes, 0)) faults.push('bytes is not the sum of the slots');
  return faults;
}

/** A value is live from the step that makes it to the last that reads it, or to the end when it is kept. */
function isLive(graph: Graph, keep: readonly Value[], value: Value, step: number): boolean {
  if (value.origin.kind !== 'node' || value.origin.node.index > step) return false;
  const readers = graph.nodes.filter((node) => Object.values(node.inputs).includes(value)).map((node) => node.index);
  return keep.includes(value) || Math.max(value.origin.node.index, ...readers) >= step;
}
