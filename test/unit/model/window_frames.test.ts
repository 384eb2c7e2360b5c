import { describe, expect, it } from 'vitest';
import {
  ANCHORS,
  BLENDED_AT,
  BLENDED_FROM,
  INHERITED,
  lineOnto,
  nextSlots,
  partOf,
  STEP,
  WINDOW,
} from '../../../src/runtime/window_frames.js';

/** Which frames the windows of the published code hold: 10 of the window before, then 22 new ones. */
function publishedWindows(count: number): number[][] {
  const windows = [Array.from({ length: 32 }, (_, i) => i)];
  while (windows.length < count) {
    const last = windows.at(-1)!;
    const handed = [0, 12, 24, 25, 26, 27, 28, 29, 30, 31].map((i) => last[i]!);
    windows.push([...handed, ...Array.from({ length: 22 }, (_, i) => 22 * windows.length + 10 + i)]);
  }
  return windows;
}

describe('windows of a clip', () => {
  it('hold the frames that those of the published code hold', () => {
    const inSlots: number[] = [];
    let slots: number[] | undefined;
    let frames = 0;
    publishedWindows(6).forEach((published, k) => {
      slots = nextSlots(slots);
      expect([...slots].sort((a, b) => a - b)).toEqual(Array.from({ length: WINDOW }, (_, i) => i));
      for (const slot of slots.slice(k > 0 ? INHERITED : 0)) inSlots[slot] = frames++;
      expect(
        slots.map((slot) => inSlots[slot]),
        `window ${k}`,
      ).toEqual(published);
      expect([published[0], published[1]]).toEqual([0, Math.max(0, 22 * k - 10) || 1]);
    });
  });

  it('share the frames that their maps are laid and blended by', () => {
    const [first, second, third] = publishedWindows(3) as [number[], number[], number[]];
    const at = (window: number[], positions: readonly number[]) => positions.map((position) => window[position]);
    expect(at(second, ANCHORS.next)).toEqual(at(first, ANCHORS.here));
    expect(at(third, ANCHORS.next)).toEqual(at(second, ANCHORS.here));
    const blended = [first, second].map((window, k) => window.slice(BLENDED_FROM).map((frame) => frame - STEP * k));
    expect(blended[0]).toEqual(second.slice(BLENDED_AT, INHERITED));
    expect(second.slice(BLENDED_AT, INHERITED)).toEqual(at(second, [2, 3, 4, 5, 6, 7, 8, 9]));
    expect(second.map((_, position) => STEP + position).slice(BLENDED_AT)).toEqual(second.slice(BLENDED_AT));
  });

  it('are blended from the old map to the new one, the ends whole', () => {
    const parts = Array.from({ length: 12 }, (_, i) => partOf(BLENDED_AT + i));
    expect(parts.slice(0, 8)).toEqual(Array.from({ length: 8 }, (_, i) => i / 7));
    expect(parts.slice(8)).toEqual([1, 1, 1, 1]);
  });

  it('are laid onto each other by least squares, far from 0 too, and left as they are where they are flat', () => {
    const map = (of: (i: number) => number) => Float32Array.from({ length: 1000 }, (_, i) => of(i));
    const maps = [map((i) => 900 + 5 * Math.sin(i)), map((i) => 900 + 5 * Math.cos(3 * i))];
    const onto = maps.map((each) => each.map((value) => 1.1 * value + 2.25));
    const [scale, shift] = lineOnto(maps, onto);
    expect(scale).toBeCloseTo(1.1, 5);
    expect(shift).toBeCloseTo(2.25, 2);
    const noisy = onto.map((each) => each.map((value, i) => value + (i % 2 ? 3 : -3)));
    const [least] = lineOnto(maps, noisy);
    const squares = (by: number) => {
      const error = maps.flatMap((each, k) => [...each].map((value, i) => noisy[k]![i]! - by * value));
      const mean = error.reduce((sum, value) => sum + value, 0) / error.length;
      return error.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    };
    expect(squares(least)).toBeLessThan(Math.min(squares(least + 1e-3), squares(least - 1e-3)));
    expect(lineOnto([map(() => 3), map(() => 3)], onto)).toEqual([1, 0]);
  });
});
