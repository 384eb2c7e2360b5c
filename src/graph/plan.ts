import type { Graph, Node, Value } from './graph.js';
import { aligned, leastSlots, packGreedily, packInto, slotSizes, type Block } from './pack.js';
import { lastUses, peakBytes, schedule, storedBytes } from './schedule.js';

/** A range of a slot: `byteLength` of the value's type from `offset` on, which is a multiple of 256. */
export interface Place {
  readonly slot: number;
  readonly offset: number;
}

/** When every node runs and where its outputs live, and what that costs; known before anything is allocated. */
export interface Plan {
  /** The nodes in the order they run. */
  readonly order: readonly Node[];
  /** Bytes of each slot. A slot is one GPUBuffer, which holds several values at a time. */
  readonly slots: readonly number[];
  /** Place of each node output, by value id. */
  readonly places: ReadonlyMap<number, Place>;
  /** Bytes of all slots together: the peak activation memory. */
  readonly bytes: number;
  /** Most bytes live at one step: no plan of this order can need less. */
  readonly lowerBound: number;
}

/** WebGPU's default for maxBufferSize. */
const MAX_BUFFER_SIZE = 2 ** 28;

/** Steps at which a node output is alive, both ends included. */
interface Interval {
  readonly value: Value;
  readonly first: number;
  readonly last: number;
}

/**
 * Gives every node output a range of a slot. No step has an input and an output in one slot, as WebGPU forbids a buffer
 * to be read and written in one dispatch, even where the ranges differ. Values in `keep` live to the end and start
 * their slot. Slot sizes follow from what has to be apart, enlarged by the least that a packing is found for; where
 * none is, every value goes where the slots grow least, the largest first (greedy by size, arXiv 2001.03288).
 */
export function planSlots(
  graph: Graph,
  keep: Iterable<Value>,
  { maxBufferSize }: Pick<GPUSupportedLimits, 'maxBufferSize'> = { maxBufferSize: MAX_BUFFER_SIZE },
): Plan {
  const kept = new Set([...keep].map(({ id }) => id));
  const order = schedule(graph, kept);
  const lowerBound = peakBytes(order, kept);
  const places = blocksOf(order, kept);
  const blocks = [...places.values()];
  const largestFirst = [...blocks].sort((a, b) => b.bytes - a.bytes);
  packGreedily(largestFirst, maxBufferSize);
  const tried = capacitiesFrom(blocks, lowerBound, sum(slotSizes(blocks))).filter(
    (slots) => Math.max(...slots) <= maxBufferSize,
  );
  if (!tried.some((slots) => packInto(blocks, slots) || packInto(largestFirst, slots)))
    packGreedily(largestFirst, maxBufferSize);
  const slots = slotSizes(blocks);
  return { order, slots, places, bytes: sum(slots), lowerBound };
}

/**
 * Sizes of slots worth trying, the least in all first: the least there can be, with one more slot or one larger by a
 * block's size.
 */
function capacitiesFrom(blocks: readonly Block[], least: number, most: number): number[][] {
  const base = leastSlots(blocks);
  const extras = [...new Set(blocks.map(({ bytes }) => aligned(bytes)))];
  const larger = extras.flatMap((extra) => [
    [...base, extra],
    ...base.map((_, i) => base.map((bytes, j) => (i === j ? bytes + extra : bytes))),
  ]);
  return [base, ...larger].filter((slots) => sum(slots) >= least && sum(slots) < most).sort((a, b) => sum(a) - sum(b));
}

function intervalsOf(order: readonly Node[], keep: ReadonlySet<number>): Interval[] {
  const last = lastUses(order, keep);
  return order.flatMap((node, first) =>
    Object.values(node.outputs)
      .filter(({ type }) => type.dtype !== 'texture')
      .map((value) => ({ value, first, last: last.get(value.id) as number })),
  );
}

/** The block of every node output, by value id, in the order they are made. */
function blocksOf(order: readonly Node[], keep: ReadonlySet<number>): Map<number, Block> {
  const intervals = intervalsOf(order, keep);
  const blocks = intervals.map(({ value, last }): Block => ({
    bytes: storedBytes(value),
    kept: last === Infinity,
    near: [],
    apart: [],
    slot: -1,
    offset: 0,
  }));
  const byId = new Map(intervals.map(({ value }, i) => [value.id, blocks[i] as Block]));
  const of = (values: Readonly<Record<string, Value>>) =>
    [...new Set(Object.values(values).map(({ id }) => id))].flatMap((id) => byId.get(id) ?? []);
  const separate = (a: Block, b: Block) => {
    a.apart.push(b);
    b.apart.push(a);
  };
  for (const { inputs, outputs } of order)
    for (const output of of(outputs)) for (const input of of(inputs)) separate(output, input);
  intervals.forEach((a, i) => {
    for (let j = 0; j < i; j++) {
      const b = intervals[j] as Interval;
      if (a.first > b.last || b.first > a.last) continue;
      const [here, there] = [blocks[i] as Block, blocks[j] as Block];
      here.near.push(there);
      there.near.push(here);
      if (here.kept && there.kept) separate(here, there);
    }
  });
  return byId;
}

function sum(bytes: readonly number[]): number {
  return bytes.reduce((total, size) => total + size, 0);
}
