import { describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../../src/index.js';
import type { Waiting } from '../../../src/runtime/newest.js';
import { videoFrames } from '../../../src/runtime/video_frames.js';
import { nullGpu } from '../kernels/null_gpu.js';
import { rejection } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

/** What is used of a video: frames come when told to. */
class FakeVideo extends EventTarget {
  ended = false;
  paused = false;
  src = 'clip.webm';
  currentTime = 0;
  readonly currentSrc = 'clip.webm';
  error: { readonly code: number; readonly message: string } | null = null;
  readonly waiting = new Map<number, VideoFrameRequestCallback>();
  readyState = 4;
  srcObject: (EventTarget & { active: boolean }) | null = null;
  readonly videoWidth = 64;
  readonly videoHeight = 48;
  listeners = 0;
  #next = 0;

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
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

  querySelector(): null {
    return null;
  }

  show(mediaTime: number): void {
    const callbacks = [...this.waiting.values()];
    this.waiting.clear();
    for (const callback of callbacks) callback(0, { mediaTime } as VideoFrameCallbackMetadata);
  }

  tell(name: string): void {
    this.dispatchEvent(new Event(name));
  }

  end(): void {
    this.ended = true;
    this.tell('ended');
  }

  get held(): number[] {
    return [this.waiting.size, this.listeners];
  }
}

const asVideo = (video: FakeVideo) => video as unknown as HTMLVideoElement;
const patient: Waiting = (work) => work;
const framesOf = (video: FakeVideo) => videoFrames(asVideo(video), patient);

describe('videoFrames', () => {
  it('gives the newest frame each time, with the time of the video in microseconds, and keeps nothing', async () => {
    const video = new FakeVideo();
    const frames = framesOf(video);
    for (let i = 0; i < 20; i++) {
      const next = frames.next();
      await Promise.resolve();
      video.show(i / 10);
      expect(await next).toEqual({ value: { picture: video, timestamp: 100_000 * i }, done: false });
    }
    for (const late of [2.1, 2.2, 2.3]) video.show(late);
    expect((await frames.next()).value).toMatchObject({ timestamp: 2_300_000 });
    await frames.return();
    expect(video.held).toEqual([0, 0]);
  });

  it('ends with the video, also while it waits', async () => {
    const video = new FakeVideo();
    const next = framesOf(video).next();
    await Promise.resolve();
    video.end();
    expect((await next).done).toBe(true);
    expect((await framesOf(video).next()).done).toBe(true);
    expect(video.held).toEqual([0, 0]);
  });

  it('gives the last frame of a video that ended meanwhile', async () => {
    const video = new FakeVideo();
    const frames = framesOf(video);
    const first = frames.next();
    video.show(0);
    await first;
    video.show(0.1);
    video.end();
    expect((await frames.next()).value).toMatchObject({ timestamp: 100_000 });
    expect((await frames.next()).done).toBe(true);
  });

  it('gives the frame that a paused video stands at, and goes on where it is played or sought in', async () => {
    const video = Object.assign(new FakeVideo(), { paused: true, currentTime: 1.5 });
    const frames = framesOf(video);
    expect((await frames.next()).value).toMatchObject({ timestamp: 1_500_000 });
    const sought = frames.next();
    video.show(0.25);
    expect((await sought).value).toMatchObject({ timestamp: 250_000 });
  });

  it('leaves out what was shown before a seek that is under way', async () => {
    const video = Object.assign(new FakeVideo(), { paused: true });
    const frames = framesOf(video);
    await frames.next();
    video.show(0);
    video.readyState = 1;
    const next = frames.next();
    await new Promise((resolve) => setTimeout(resolve));
    Object.assign(video, { readyState: 4, currentTime: 0.75 });
    video.tell('seeked');
    expect((await next).value).toMatchObject({ timestamp: 750_000 });
    video.tell('seeked');
    const played = frames.next();
    video.show(0.8);
    expect((await played).value).toMatchObject({ timestamp: 800_000 });
  });

  it('ends with the tracks of its camera, and goes on with those of another', async () => {
    const [first, second] = [0, 1].map(() => Object.assign(new EventTarget(), { active: true }));
    const video = Object.assign(new FakeVideo(), { src: '', srcObject: first! });
    const frames = framesOf(video);
    const next = frames.next();
    video.srcObject = second!;
    video.tell('emptied');
    for (const media of [first!, second!]) {
      media.dispatchEvent(new Event('inactive'));
      first!.active = false;
    }
    video.show(1);
    expect((await next).value).toMatchObject({ timestamp: 1_000_000 });
    second!.active = false;
    second!.dispatchEvent(new Event('inactive'));
    expect((await frames.next()).done).toBe(true);
  });

  it('ends where the source of the video is taken away, and not where there is another', async () => {
    const video = new FakeVideo();
    const frames = framesOf(video);
    const next = frames.next();
    video.tell('emptied');
    video.show(0.5);
    expect((await next).value).toMatchObject({ timestamp: 500_000 });
    video.src = '';
    video.tell('emptied');
    expect((await frames.next()).done).toBe(true);
  });

  it.each(['at once', 'later'])('says %s that a video broke off', async (when) => {
    const video = new FakeVideo();
    const fault = { code: 3, message: 'PIPELINE_ERROR_DECODE' };
    if (when === 'at once') video.error = fault;
    const next = framesOf(video).next();
    video.error = fault;
    if (when === 'later') video.tell('error');
    expect(await rejection(next)).toMatchObject({ code: 'IMAGE_DECODE', source: 'clip.webm' });
    expect((await rejection(framesOf(video).next())).message).toContain('PIPELINE_ERROR_DECODE');
    expect(video.held).toEqual([0, 0]);
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
    expect(video.held).toEqual([0, 0]);
    model.dispose();
  });
});
