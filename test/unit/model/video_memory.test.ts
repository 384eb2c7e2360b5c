import { describe, expect, it } from 'vitest';
import { FRAME_TABLE, PLACES } from '../../../src/kernels/temporal_attention.js';
import {
  frameLeft,
  framesSeen,
  frameTable,
  OTHERS,
  RECALL_SLOT,
  RECALLED,
  slotOf,
} from '../../../src/runtime/video_memory.js';

/** The list of the published code: which frames each frame of a stream sees. */
function publishedLists(count: number): number[][] {
  const list: number[] = new Array<number>(32).fill(0);
  const seen: number[][] = [[]];
  for (let t = 1; t < count; t++) {
    seen.push([...list.slice(0, 2), ...list.slice(-29)]);
    list.push(t);
    if (t >= 11) list.splice(1, 1);
  }
  return seen;
}

describe('the memory of a stream along time', () => {
  it('sees the frames that the published code sees', () => {
    publishedLists(200).forEach((seen, t) => expect(framesSeen(t), `frame ${t}`).toEqual(seen));
    expect(framesSeen(59).slice(0, 4)).toEqual([0, 18, 30, 31]);
  });

  it('has in the slots of its tables the frames that are seen', () => {
    const slots: (number | undefined)[] = new Array(OTHERS);
    const waiting = new Set<number>();
    let most = 0;
    for (let t = 0; t < 300; t++) {
      if (waiting.delete(t - RECALLED)) slots[RECALL_SLOT] = t - RECALLED;
      const [others = 0, own, , , ...places] = frameTable(t);
      expect([others, own], `frame ${t}`).toEqual([framesSeen(t).length, framesSeen(t).length]);
      expect(places.slice(0, others).map((slot) => slots[slot])).toEqual(framesSeen(t));
      const left = frameLeft(t);
      expect(left === undefined ? t < 30 : slots[slotOf(t)] === left).toBe(true);
      if (left !== undefined) waiting.add(left);
      slots[slotOf(t)] = t;
      most = Math.max(most, waiting.size);
    }
    expect(most).toBe(12);
  });

  it('agrees with the op on the frames of a clip', () => {
    expect(OTHERS).toBe(PLACES - 1);
    expect([frameTable(5).length]).toEqual(FRAME_TABLE.shape);
  });
});
