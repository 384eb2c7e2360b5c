import type { Graph, Node, Value } from '../../../src/graph/graph.js';
import type { Place, Plan } from '../../../src/graph/plan.js';
import { byteLength } from '../../../src/tensor.js';

interface Placed extends Place {
  readonly value: Value;
  readonly end: number;
}

/** What is wrong with a plan, found by going through the steps one at a time. */
export function planFaults(graph: Graph, keep: readonly Value[], plan: Plan, maxBufferSize = 2 ** 28): string[] {
  const faults = orderFaults(graph, plan.order);
  const values = graph.nodes
    .flatMap(({ outputs }) => Object.values(outputs))
    .map((value) => ({ value, ...lifetime(plan.order, keep, value) }));
  let most = 0;
  plan.order.forEach((node, step) => {
    const live = values.filter(({ made, last }) => made <= step && step <= last).map(({ value }) => value);
    most = Math.max(
      most,
      live.reduce((sum, value) => sum + byteLength(value.type), 0),
    );
    const placed = live.flatMap((value) => placeOf(plan, value, faults));
    for (const a of placed) {
      for (const b of placed) {
        if (a.value.id < b.value.id && a.slot === b.slot && a.offset < b.end && b.offset < a.end)
          faults.push(`values ${a.value.id} and ${b.value.id} overlap at step ${step}`);
      }
    }
    const read = new Set(
      Object.values(node.inputs)
        .map(({ id }) => plan.places.get(id)?.slot)
        .filter((slot) => slot !== undefined),
    );
    for (const { id } of Object.values(node.outputs))
      if (read.has(plan.places.get(id)?.slot ?? -1))
        faults.push(`step ${step} reads and writes the slot of value ${id}`);
  });
  for (const { id } of keep)
    if (plan.places.get(id)?.offset !== 0) faults.push(`the kept value ${id} does not start its slot`);
  if (plan.slots.some((bytes) => bytes > maxBufferSize)) faults.push('a slot is larger than a buffer may be');
  if (plan.lowerBound !== most) faults.push(`lower bound is ${plan.lowerBound}, most live at one step is ${most}`);
  if (plan.bytes < most) faults.push(`${plan.bytes} bytes, but ${most} are live at one step`);
  if (plan.bytes !== plan.slots.reduce((sum, bytes) => sum + bytes, 0))
    faults.push('bytes is not the sum of the slots');
  return faults;
}

function orderFaults(graph: Graph, order: readonly Node[]): string[] {
  const faults =
    new Set(order).size === graph.nodes.length && order.length === graph.nodes.length
      ? []
      : ['not every node runs once'];
  order.forEach((node, step) => {
    for (const { origin } of Object.values(node.inputs))
      if (origin.kind === 'node' && order.indexOf(origin.node) >= step)
        faults.push(`step ${step} comes before its input`);
  });
  return faults;
}

function placeOf({ places, slots }: Plan, value: Value, faults: string[]): Placed[] {
  const place = places.get(value.id);
  if (!place || slots[place.slot] === undefined) {
    faults.push(`value ${value.id} has no slot`);
    return [];
  }
  const end = place.offset + byteLength(value.type);
  if ((slots[place.slot] as number) < end) faults.push(`slot ${place.slot} is too small for value ${value.id}`);
  if (place.offset % 256 !== 0) faults.push(`value ${value.id} is at ${place.offset}, which is not aligned`);
  return [{ ...place, value, end }];
}

/** A value is live from the step that makes it to the last that reads it, or to the end when it is kept. */
function lifetime(order: readonly Node[], keep: readonly Value[], value: Value): { made: number; last: number } {
  const made = order.findIndex(({ outputs }) => Object.values(outputs).includes(value));
  const read = order.findLastIndex(({ inputs }) => Object.values(inputs).some(({ id }) => id === value.id));
  return { made, last: keep.some(({ id }) => id === value.id) ? Infinity : Math.max(made, read) };
}
