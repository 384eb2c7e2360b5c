import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  loadDepthModel,
  type DepthMap,
  type DepthModel,
  type StreamOptions,
  type StreamSource,
} from '../../../src/index.js';
import { testGpu } from '../../gpu.js';
import { bits, bitsOf, picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let model: DepthModel;
beforeAll(async () => {
  const { device } = await testGpu();
  model = await loadDepthModel(tinyMidas(), { device, cache: false, precision: 'f32', tuning: 'off' });
  (await model.estimate(picture('a'), SMALL)).dispose();
});
afterAll(() => model.dispose());

/** As a VideoFrame: a picture with a time, in microseconds, that is closed. */
class FakeFrame {
  readonly data = picture('a').data;
  readonly channels = 3;
  readonly width = 64;
  readonly height = 48;
  closed = false;
  readonly timestamp: number;

  constructor(i: number) {
    this.timestamp = 40_000 * i;
  }

  close(): void {
    this.closed = true;
  }
}

const framesOf = (count: number) => Array.from({ length: count }, (_, i) => new FakeFrame(i));

/** A stream of frames, how many were asked for, and whether it was given up. */
function readable(frames: readonly FakeFrame[], endless = false) {
  const seen = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<FakeFrame>(
    {
      async pull(controller) {
        const frame = frames[seen.pulled];
        if (!frame) return endless ? new Promise(() => {}) : controller.close();
        seen.pulled++;
        controller.enqueue(frame);
      },
      cancel: () => void (seen.cancelled = true),
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

/** The timestamps of the maps. */
async function timesOf(source: StreamSource, options: StreamOptions = {}): Promise<(number | undefined)[]> {
  const times: (number | undefined)[] = [];
  for await (const map of model.stream(source, { ...SMALL, ...options })) {
    times.push(map.timestamp);
    map.dispose();
  }
  return times;
}

describe('stream of every frame', () => {
  it('gives a map for each, with its time, closes each, and asks for none ahead', async () => {
    const frames = framesOf(5);
    const { stream, seen } = readable(frames);
    const times: (number | undefined)[] = [];
    for await (const map of model.stream(stream, SMALL)) {
      times.push(map.timestamp);
      expect(seen.pulled).toBe(times.length);
      expect(frames.map(({ closed }) => closed)).toEqual(frames.map((_, i) => i < times.length));
      map.dispose();
    }
    expect(times).toEqual([0, 40_000, 80_000, 120_000, 160_000]);
  });

  it('ends what it reads when the loop is left', async () => {
    const { stream, seen } = readable(framesOf(3));
    for await (const map of model.stream(stream, SMALL)) {
      map.dispose();
      break;
    }
    expect(seen).toEqual({ pulled: 1, cancelled: true });
  });

  it('ends on abort while the source stalls, and closes what comes after', async () => {
    const late = new FakeFrame(1);
    let deliver = () => {};
    let ended = false;
    async function* stalls() {
      try {
        yield new FakeFrame(0);
        await new Promise<void>((resolve) => (deliver = resolve));
        yield late;
      } finally {
        ended = true;
      }
    }
    const stop = new AbortController();
    const maps = model.stream(stalls(), { ...SMALL, signal: stop.signal });
    (await maps.next()).value?.dispose();
    const next = maps.next();
    await vi.waitFor(() => expect(deliver).toHaveLength(1));
    stop.abort();
    expect((await rejection(next)).name).toBe('AbortError');
    deliver();
    await vi.waitFor(() => expect([late.closed, ended]).toEqual([true, true]));
  });

  it('closes the frame whose estimate fails, and ends what it reads', async () => {
    const frames = framesOf(2);
    Object.assign(frames[1]!, { width: 65 });
    const { stream, seen } = readable(frames);
    expect((await rejection(timesOf(stream))).name).toBe('ImageError');
    expect(frames.map(({ closed }) => closed)).toEqual([true, true]);
    expect(seen.cancelled).toBe(true);
  });

  it('gives maps of another size where the pictures change theirs', async () => {
    async function* resized() {
      for (const width of [64, 96, 64]) yield picture('a', width);
    }
    const widths: number[] = [];
    for await (const map of model.stream(resized(), SMALL)) {
      widths.push(map.width);
      map.dispose();
    }
    expect(widths).toEqual([64, 96, 64]);
  });

  it('is not given up for other calls with the newest picture', async () => {
    const newest = { ...SMALL, queue: 'latest' } as const;
    const streams = [0, 1, 2, 3, 4].map(() => timesOf(readable(framesOf(4)).stream, newest));
    for (const times of await Promise.all(streams)) expect(times.at(-1)).toBe(120_000);
  });

  it('refuses what is no source', async () => {
    const wrong = ['clip.webm', null, 3, {}, new URL('file:///clip.webm')] as unknown as StreamSource[];
    for (const source of wrong) expect(await rejection(timesOf(source))).toMatchObject({ code: 'IMAGE_SOURCE' });
    const { stream } = readable([]);
    stream.getReader();
    expect((await rejection(timesOf(stream))).message).toContain('something reads already');
  });
});

describe('maps of a stream', () => {
  /** The objects made on the GPU from the third map on, by label. */
  async function madeIn(options: StreamOptions, frames: number): Promise<string[]> {
    const { device } = model;
    const made: string[] = [];
    const makers = ['createBuffer', 'createTexture', 'createBindGroup', 'createComputePipeline'] as const;
    for (const name of makers) {
      const make = device[name].bind(device) as (descriptor: { label?: string }) => unknown;
      Object.assign(device, {
        [name]: (descriptor: { label?: string }) => (made.push(descriptor.label ?? name), make(descriptor)),
      });
    }
    try {
      let count = 0;
      for await (const map of model.stream(readable(framesOf(frames)).stream, { ...SMALL, ...options })) {
        map.dispose();
        if (++count === 2) made.length = 0;
      }
    } finally {
      for (const name of makers) delete (device as unknown as Record<string, unknown>)[name];
    }
    return made;
  }

  it.each([false, true])('take no object of their own on the GPU; steady: %s', async (steady) => {
    expect(await madeIn({ steady }, 12)).toEqual([]);
  });

  it('have buffers of their own until they are disposed of, once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const pictures = async function* () {
      for (const name of names) yield picture(name);
    };
    const held: DepthMap[] = [];
    for await (const map of model.stream(pictures(), SMALL)) held.push(map);
    expect(new Set(held.map((map) => map.buffer)).size).toBe(names.length);
    const maps = model.stream(pictures(), SMALL);
    const old = (await maps.next()).value!;
    const { buffer } = old;
    old.dispose();
    const next = (await maps.next()).value!;
    expect(next.buffer).toBe(buffer);
    old.dispose();
    const last = (await maps.next()).value!;
    expect(last.buffer).not.toBe(buffer);
    expect(bits(await next.read())).toBe(await bitsOf(model, picture('b')));
    expect(bits(await held[0]!.read())).toBe(await bitsOf(model, picture('a')));
    await maps.return();
    for (const map of [...held, next, last]) map.dispose();
    expect(await destroyed(buffer)).toBe(true);
  });

  /** Whether the device refuses a buffer. */
  async function destroyed(buffer: GPUBuffer): Promise<boolean> {
    const { device } = model;
    device.pushErrorScope('validation');
    device.queue.writeBuffer(buffer, 0, new Uint8Array(4));
    return (await device.popErrorScope()) !== null;
  }

  it('of other sizes leave none behind', async () => {
    const pictures = async function* () {
      for (const width of [64, 96]) yield picture('a', width);
    };
    const buffers: GPUBuffer[] = [];
    for await (const map of model.stream(pictures(), SMALL)) {
      if (buffers[0]) expect(await destroyed(buffers[0])).toBe(true);
      buffers.push(map.buffer);
      map.dispose();
    }
    expect(await Promise.all(buffers.map(destroyed))).toEqual([true, true]);
  });
});

describe('stream of a track', () => {
  const track = (facts: object) => ({ kind: 'video', readyState: 'live', ...facts }) as unknown as MediaStreamTrack;

  /** The frames that the browser gives of a track. */
  function given(frames: readonly FakeFrame[], endless = false) {
    const made = readable(frames, endless);
    vi.stubGlobal(
      'MediaStreamTrackProcessor',
      class {
        readonly readable = made.stream;
      },
    );
    return made;
  }

  it('takes the newest frame each time, closes every one, and ends with the track', async () => {
    const frames = framesOf(12);
    const { seen } = given(frames);
    const times: (number | undefined)[] = [];
    for await (const map of model.stream(track({}), SMALL)) {
      times.push(map.timestamp);
      map.dispose();
      await vi.waitFor(() => expect(seen.pulled).toBe(12));
    }
    expect(times.at(-1)).toBe(440_000);
    expect(times.length).toBeLessThan(5);
    expect(frames.every(({ closed }) => closed)).toBe(true);
  });

  it('takes every frame where that is asked for', async () => {
    given(framesOf(4));
    expect(await timesOf(track({}), { queue: 'all' })).toEqual([0, 40_000, 80_000, 120_000]);
  });

  it('ends at once where the track is over, and refuses sound', async () => {
    expect(await timesOf(track({ readyState: 'ended' }))).toEqual([]);
    expect(await rejection(timesOf(track({ kind: 'audio' })))).toMatchObject({ code: 'IMAGE_SOURCE' });
  });

  it('lets the track go when the loop is left', async () => {
    const { seen } = given(framesOf(1), true);
    for await (const map of model.stream(track({}), SMALL)) {
      map.dispose();
      break;
    }
    await vi.waitFor(() => expect(seen.cancelled).toBe(true));
  });
});
