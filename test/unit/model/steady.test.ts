import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../../src/gpu/gpu.js';
import { loadDepthModel, type DepthMap, type DepthModel, type StreamOptions } from '../../../src/index.js';
import { random } from '../../../truth/random.js';
import { testGpu } from '../../gpu.js';
import { rejection } from './pictures.js';

const [WIDTH, HEIGHT] = [128, 96];
const RADIUS = 10;
const SIZE = { inputSize: 96, square: false } as const;

interface Frame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Where the disc is in a frame. */
const discAt = (frame: number) => ({ x: 30 + 3 * frame, y: 60 });
const inDisc = (x: number, y: number, frame: number, around = 0) =>
  Math.hypot(x - discAt(frame).x, y - discAt(frame).y) < RADIUS + around;

/** A tiled floor before a wall with a box on it, and a disc that rolls by; with the noise of a camera. */
function scene(frame: number, dark = false): Frame {
  const next = random(77 + frame);
  const data = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const floor = y - 44;
      const tile = (Math.floor((x - 64) / Math.max(4, floor / 1.5)) + Math.floor(140 / (floor + 8))) & 1;
      let color = floor > 0 ? (tile ? [150, 130, 110] : [90, 80, 70]) : [170 - y, 180 - y, 200];
      if (x > 84 && x < 112 && y > 28 && y < 62) color = [60 + y, 90, 60];
      if (dark) color = [y * 2, x, 255 - 2 * y];
      if (inDisc(x, y, frame)) color = [210, 60, 50];
      color.forEach((value, c) => (data[4 * (y * WIDTH + x) + c] = Math.min(255, Math.max(0, value + 6 * next() - 3))));
    }
  return { data, width: WIDTH, height: HEIGHT };
}

async function* frames(list: readonly Frame[]): AsyncGenerator<Frame> {
  for (const frame of list) yield frame;
}

let gpu: Gpu;
let model: DepthModel;
beforeAll(async () => {
  gpu = await testGpu();
  const file = await readFile(new URL('../../../models/nano.safetensors', import.meta.url));
  model = await loadDepthModel(new Uint8Array(file), { device: gpu.device, cache: false, tuning: 'off' });
}, 60_000);
afterAll(() => model.dispose());

/** What is made of each map of a stream. */
async function each<T>(
  list: readonly Frame[],
  options: StreamOptions,
  of: (map: DepthMap) => Promise<T>,
): Promise<T[]> {
  const all: T[] = [];
  for await (const map of model.stream(frames(list), { ...SIZE, ...options })) {
    all.push(await of(map));
    map.dispose();
  }
  return all;
}

const gray = (map: DepthMap) => map.colors({ colormap: 'gray' });

/** Mean and worst over the frames of the mean change of the grey levels, away from the disc. */
function flicker(pictures: readonly Uint8ClampedArray[]): { mean: number; worst: number } {
  const changes = pictures.slice(1).map((now, i) => {
    const before = pictures[i] as Uint8ClampedArray;
    let [sum, count] = [0, 0];
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        if (inDisc(x, y, i, 3) || inDisc(x, y, i + 1, 3)) continue;
        sum += Math.abs((now[4 * (y * WIDTH + x)] as number) - (before[4 * (y * WIDTH + x)] as number));
        count++;
      }
    return sum / count;
  });
  return { mean: changes.reduce((a, b) => a + b, 0) / changes.length, worst: Math.max(...changes) };
}

describe('stream with steady: true', () => {
  it('holds the static part of a scene with a moving disc within 1 grey level a frame, 2 at worst', async () => {
    const clip = Array.from({ length: 16 }, (_, i) => scene(i));
    const raw = flicker(await each(clip, {}, gray));
    const steady = flicker(await each(clip, { steady: true }, gray));
    console.log('change of grey levels a frame: raw', raw, 'steady', steady);
    expect(raw.mean).toBeGreaterThan(1.5);
    expect(steady.mean).toBeLessThan(1);
    expect(steady.worst).toBeLessThan(2);
  }, 60_000);

  it('starts anew at a cut, at another size and in another stream: those maps are the raw ones', async () => {
    const values = (map: DepthMap) => map.read();
    const [first, second, cut] = [scene(0), scene(1), scene(2, true)] as const;
    const small = { ...first, data: first.data.slice(0, 4 * WIDTH * 72), height: 72 };
    const list = [first, second, cut, small, first];
    const raw = await each(list, {}, values);
    const steady = await each(list, { steady: true }, values);
    expect(steady[1]).not.toEqual(raw[1]);
    for (const fresh of [0, 2, 3, 4]) expect(steady[fresh], `map ${fresh}`).toEqual(raw[fresh]);
    const colors = await each([cut], { steady: true }, gray);
    expect((await each(list, { steady: true }, gray))[2]).toEqual(colors[0]);
  }, 60_000);

  it('keeps streams side by side apart', async () => {
    const [one, other] = [[0, 1, 2].map((i) => scene(i)), [3, 4, 5].map((i) => scene(i, true))];
    const values = (map: DepthMap) => map.read();
    const alone = [await each(one, { steady: true }, values), await each(other, { steady: true }, values)];
    const both = await Promise.all([one, other].map((list) => each(list, { steady: true }, values)));
    expect(both).toEqual(alone);
  }, 60_000);

  it('makes a buffer for a map and one for its range, and nothing more, in 100 frames', async () => {
    const { device } = gpu;
    const made: string[] = [];
    const makers = ['createBuffer', 'createTexture', 'createBindGroup', 'createComputePipeline'] as const;
    const clip = [scene(0), scene(1)];
    const small = { ...SIZE, inputSize: 32 };
    let frame = 0;
    async function* counted(): AsyncGenerator<Frame> {
      for (; frame < 104; frame++) {
        if (frame === 4) made.length = 0;
        yield clip[frame % 2] as Frame;
      }
    }
    try {
      for (const name of makers) {
        const make = device[name].bind(device) as (descriptor: { label?: string }) => unknown;
        Object.assign(device, {
          [name]: (descriptor: { label?: string }) => (made.push(descriptor.label ?? name), make(descriptor)),
        });
      }
      for await (const map of model.stream(counted(), { ...small, steady: true })) map.dispose();
    } finally {
      for (const name of makers) delete (device as unknown as Record<string, unknown>)[name];
    }
    const count = (label: string) => made.filter((each) => each === label).length;
    expect([count('depth map'), count('range of the stream'), made.length]).toEqual([100, 100, 200]);
  }, 60_000);

  it('says what is wrong with the option', async () => {
    const wrong = { steady: 'yes' as unknown as boolean };
    expect(await rejection(model.stream(frames([]), wrong).next())).toMatchObject({ code: 'OPTION_STEADY' });
  });

  it('gives maps the timestamp of their frames', async () => {
    const stamped = [0, 33_000].map((timestamp, i) => ({ ...scene(i), timestamp }));
    expect(await each(stamped, {}, async ({ timestamp }) => timestamp)).toEqual([0, 33_000]);
    expect(await each([scene(0)], {}, async ({ timestamp }) => timestamp)).toEqual([undefined]);
  });
});
