import { describe, expect, it } from 'vitest';
import { leastSlots, packGreedily, packInto, slotSizes, type Block } from '../../../src/graph/pack.js';

/** Blocks that are all alive at once, of sizes in units of 256 bytes. */
function blocksOf(...sizes: readonly (number | { readonly kept: number })[]): Block[] {
  const blocks = sizes.map((size): Block => ({
    bytes: 256 * (typeof size === 'number' ? size : size.kept),
    kept: typeof size !== 'number',
    near: [],
    apart: [],
    slot: -1,
    offset: 0,
  }));
  for (const block of blocks) block.near.push(...blocks.filter((other) => other !== block));
  return blocks;
}

function separate(a: Block, b: Block): void {
  a.apart.push(b);
  b.apart.push(a);
}

const places = (blocks: readonly Block[]) => blocks.map(({ slot, offset }) => [slot, offset / 256]);

describe('packInto', () => {
  it('goes back on a choice that leaves no room: a kept block has to start its slot', () => {
    const blocks = blocksOf(1, { kept: 1 });
    expect(packInto(blocks, [512])).toBe(true);
    expect(places(blocks)).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  it('prefers the tightest room, and takes another where that has to be apart', () => {
    const blocks = blocksOf(2, 2);
    const [a, b] = blocks as [Block, Block];
    expect(packInto(blocks, [1024, 512])).toBe(true);
    expect(places(blocks)).toEqual([
      [1, 0],
      [0, 0],
    ]);
    separate(a, b);
    expect(packInto(blocks, [1024])).toBe(false);
    expect(packInto(blocks, [1024, 512])).toBe(true);
    expect(a.slot).not.toBe(b.slot);
  });

  it('ends when nothing fits', () => {
    expect(packInto(blocksOf(...Array.from({ length: 40 }, () => 1)), [256 * 39])).toBe(false);
  });
});

describe('leastSlots', () => {
  it('follows from the largest block, pair and triple that have to be apart', () => {
    const blocks = blocksOf(9, 7, 5, 3, 8);
    const [a, b, c, d] = blocks as [Block, Block, Block, Block];
    expect(leastSlots(blocks)).toEqual([9 * 256]);
    separate(a, c);
    separate(a, d);
    expect(leastSlots(blocks)).toEqual([9 * 256, 5 * 256]);
    separate(c, d);
    separate(b, c);
    expect(leastSlots(blocks)).toEqual([9 * 256, 5 * 256, 3 * 256]);
  });
});

describe('packGreedily', () => {
  it('opens a slot rather than make one too large, and starts a slot with what is kept', () => {
    const blocks = blocksOf(3, 2, { kept: 1 });
    packGreedily(blocks, 4 * 256);
    expect(places(blocks)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
    expect(slotSizes(blocks)).toEqual([768, 512, 256]);
  });
});
