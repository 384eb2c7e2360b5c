import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/index.js';
import { videoFrames } from '../../../src/runtime/frames.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { rejection } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

/** What is used of a video: frames come when told to. */
class FakeVideo extends EventTarget {
  ended = false;
  readonly waiting = new Map<number, () => void>();
  readonly readyState = 4;
  readonly videoWidth = 64;
  readonly videoHeight = 48;
  listeners = 0;
  #next = 0;

  requestVideoFrameCallback(callback: () => void): number {
    this.waiting.set(++this.#next, callback);
    return this.#next;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.waiting.delete(handle);
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners++;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners--;
    super.removeEventListener(...args);
  }

  show(): void {
    for (const callback of this.waiting.values()) callback();
  }

  end(): void {
    this.ended = true;
    this.dispatchEvent(new Event('ended'));
  }
}

const asVideo = (video: FakeVideo) => video as unknown as HTMLVideoElement;
const patient = (frame: Promise<boolean>) => frame;

describe('videoFrames', () => {
  it('gives a frame for each that is shown while it waits, and keeps nothing', async () => {
    const video = new FakeVideo();
    const frames = videoFrames(asVideo(video), patient);
    for (let i = 0; i < 20; i++) {
      const next = frames.next();
      await Promise.resolve();
      video.show();
      expect(await next).toEqual({ value: video, done: false });
      expect([video.waiting.size, video.listeners]).toEqual([0, 0]);
    }
  });

  it('ends with the video, also while it waits', async () => {
    const video = new FakeVideo();
    const frames = videoFrames(asVideo(video), patient);
    const next = frames.next();
    await Promise.resolve();
    video.end();
    expect((await next).done).toBe(true);
    expect((await videoFrames(asVideo(video), patient).next()).done).toBe(true);
    expect([video.waiting.size, video.listeners]).toEqual([0, 0]);
  });
});

describe('stream of a video', () => {
  it.each(['abort', 'dispose'] as const)('that shows nothing ends on %s', async (end) => {
    const model = await loadDepthModel(tinyMidas(), {
      device: (await nullGpu()).device,
      cache: false,
      tuning: 'off',
      precision: 'f32',
    });
    const video = new FakeVideo();
    const stop = new AbortController();
    const next = model.stream(asVideo(video), { signal: stop.signal }).next();
    if (end === 'abort') stop.abort();
    else model.dispose();
    expect(await rejection(next)).toMatchObject(end === 'abort' ? { name: 'AbortError' } : { code: 'DISPOSED' });
    await Promise.resolve();
    expect([video.waiting.size, video.listeners]).toEqual([0, 0]);
    model.dispose();
  });
});
