/** Offsets of storage bindings: WebGPU's default for minStorageBufferOffsetAlignment, which no device exceeds. */
export const ALIGNMENT = 256;

/** A value to be placed in a slot, and what it has to stay clear of. */
export interface Block {
  readonly bytes: number;
  /** Readable at the end, as the first bytes of its slot. */
  readonly kept: boolean;
  /** Blocks alive at the same time. */
  readonly near: Block[];
  /**
   * Blocks that may not be in its slot: inputs where it is an output, outputs where it is an input, and the kept of the
   * kept.
   */
  readonly apart: Block[];
  /** -1 while it has no place. */
  slot: number;
  offset: number;
}

interface Hole {
  readonly from: number;
  readonly to: number;
}

/** Placements tried, for each block, before a set of capacities counts as too small. */
const TRIES = 4;

/**
 * Least sizes of the slots, the largest first, that follow from single blocks, pairs and triples that have to be apart.
 */
export function leastSlots(blocks: readonly Block[]): number[] {
  const least = [0, 0, 0] as [number, number, number];
  for (const a of blocks) {
    least[0] = Math.max(least[0], a.bytes);
    for (const b of a.apart) {
      const pair = Math.min(a.bytes, b.bytes);
      least[1] = Math.max(least[1], pair);
      if (pair > least[2])
        for (const c of b.apart) if (a.apart.includes(c)) least[2] = Math.max(least[2], Math.min(pair, c.bytes));
    }
  }
  return least.filter((bytes) => bytes > 0).map(aligned);
}

/**
 * Places blocks, in the order given, in slots of given sizes, with a bounded search that goes back on its last choices
 * first.
 * @returns whether all have found a place
 */
export function packInto(blocks: readonly Block[], capacities: readonly number[]): boolean {
  for (const block of blocks) block.slot = -1;
  let left = TRIES * blocks.length;
  const place = (index: number): boolean => {
    const block = blocks[index];
    if (!block) return true;
    if (left-- <= 0) return false;
    for (const [slot, offset] of choices(block, capacities)) {
      [block.slot, block.offset] = [slot, offset];
      if (place(index + 1)) return true;
      if (left <= 0) break;
    }
    block.slot = -1;
    return false;
  };
  return place(0);
}

/** Places blocks one by one, in the order given, where the slots grow least; none past `most` bytes. */
export function packGreedily(blocks: readonly Block[], most: number): void {
  for (const block of blocks) block.slot = -1;
  const sizes: number[] = [];
  for (const block of blocks) {
    let best = { slot: sizes.length, offset: 0, growth: block.bytes, spare: 0 };
    sizes.forEach((size, slot) => {
      if (block.apart.some((other) => other.slot === slot)) return;
      for (const { from, to } of holes(block, slot, most)) {
        const growth = Math.max(0, from + block.bytes - size);
        const spare = Math.min(to, Math.max(size, from + block.bytes)) - from - block.bytes;
        const better =
          growth < best.growth || (growth === best.growth && best.slot < sizes.length && spare < best.spare);
        if (better && !(block.kept && from > 0)) best = { slot, offset: from, growth, spare };
      }
    });
    [block.slot, block.offset] = [best.slot, best.offset];
    sizes[best.slot] = Math.max(sizes[best.slot] ?? 0, best.offset + block.bytes);
  }
}

/** Bytes of each slot as packed. */
export function slotSizes(blocks: readonly Block[]): number[] {
  const sizes: number[] = [];
  for (const { slot, offset, bytes } of blocks) sizes[slot] = Math.max(sizes[slot] ?? 0, offset + bytes);
  return sizes;
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Where a block may go: at the low end of the tightest hole of each slot, or the high end of its last; tight ones
 * first.
 */
function choices(block: Block, capacities: readonly number[]): (readonly [slot: number, offset: number])[] {
  const found = capacities.flatMap((capacity, slot) => {
    if (block.apart.some((other) => other.slot === slot)) return [];
    const free = holes(block, slot, capacity);
    if (block.kept) return free[0]?.from === 0 ? [{ slot, offset: 0, spare: 0 }] : [];
    const last = free.at(-1);
    if (!last) return [];
    const tight = free.reduce((a, b) => (b.to - b.from < a.to - a.from ? b : a));
    const spare = tight.to - tight.from - block.bytes;
    const high = Math.floor((last.to - block.bytes) / ALIGNMENT) * ALIGNMENT;
    return [
      { slot, offset: tight.from, spare },
      ...(high === tight.from ? [] : [{ slot, offset: high, spare: spare + 1 }]),
    ];
  });
  return found.sort((a, b) => a.spare - b.spare).map(({ slot, offset }) => [slot, offset] as const);
}

/** Ranges of a slot that are free while a block lives, and large enough. */
function holes(block: Block, slot: number, capacity: number): Hole[] {
  const taken = block.near.filter((other) => other.slot === slot).sort((a, b) => a.offset - b.offset);
  const found: Hole[] = [];
  let from = 0;
  for (const { offset, bytes } of [...taken, { offset: capacity, bytes: 0 }]) {
    if (offset - from >= block.bytes) found.push({ from, to: offset });
    from = Math.max(from, aligned(offset + bytes));
  }
  return found;
}
