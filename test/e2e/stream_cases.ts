import { expect, it } from 'vitest';
import type * as Streams from './page/streams.js';

/** What a page streams, of a model there. */
export interface StreamRuns {
  readonly file: () => ReturnType<typeof Streams.streamFile>;
  readonly track: (plain: boolean) => ReturnType<typeof Streams.streamTrack>;
  readonly canvas: () => ReturnType<typeof Streams.streamCanvas>;
  readonly frames: () => ReturnType<typeof Streams.streamFrames>;
}

/** What streams of every source of a page have to give, of any model of pages. */
export function streamCases(runs: StreamRuns, side: number): void {
  it('streams a file in a video element: still, after a seek, to its last frame', async () => {
    const { seen, end, ended, code } = await runs.file();
    const times = seen.map(({ timestamp }) => timestamp as number);
    console.log('maps of a file at', times, 'of', end);
    expect(times[0]).toBeLessThan(100_000);
    expect(times.some((time) => Math.abs(time - 500_000) < 100_000)).toBe(true);
    // The end of a seek may be told of before the frame that it found.
    expect(times.every((time, i) => i === 0 || time > times[i - 1]! - 50_000)).toBe(true);
    expect(Math.abs(times.at(-1)! - end)).toBeLessThan(150_000);
    expect({ ended, code }).toEqual({ ended: 1, code: 'IMAGE_DECODE' });
  });

  it.each([false, true])('streams the track of a camera until it stops; with a video of its own: %s', async (plain) => {
    const { live, stayed, stopped, over } = await runs.track(plain);
    const times = live.map(({ timestamp }) => timestamp as number);
    expect(live.map(({ width, height }) => [width, height])).toEqual(Array(3).fill([160, 120]));
    expect(times[0]! < times[1]! && times[1]! < times[2]!, times.join()).toBe(true);
    expect({ stayed, over }).toEqual({ stayed: 'live', over: 0 });
    expect(stopped).toBeGreaterThanOrEqual(2);
    expect(stopped).toBeLessThanOrEqual(4);
  });

  it('streams a canvas as it is drawn on, in the size that it has', async () => {
    const { seen, tracks } = await runs.canvas();
    expect(new Set(seen.map(({ width }) => width))).toEqual(new Set([side, 2 * side]));
    expect(seen.every(({ timestamp }) => typeof timestamp === 'number')).toBe(true);
    expect(tracks).toEqual(['ended']);
  });

  it('streams every VideoFrame with its time, and closes it', async () => {
    const { seen, open, made } = await runs.frames();
    const times = (of: readonly { timestamp?: number | undefined }[]) => of.map(({ timestamp }) => timestamp);
    expect(times(seen.stream)).toEqual([0, 20_000, 50_000]);
    expect(times(seen.iterable)).toEqual([0, 20_000, 50_000]);
    expect(times(seen.left)).toEqual([0]);
    expect({ open, made }).toEqual({ open: 0, made: 7 });
  });
}
