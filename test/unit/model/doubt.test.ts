import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gpu } from '../../../src/gpu/gpu.js';
import type { DepthModel } from '../../../src/index.js';
import { testGpu } from '../../gpu.js';
import { countingDevice } from '../graph/counting_device.js';
import { frames, HEIGHT, nanoOn, scene, WIDTH } from './moving_disc.js';
import { rejection } from './pictures.js';

let model: DepthModel;
beforeAll(async () => {
  model = await nanoOn(await testGpu());
}, 60_000);
afterAll(() => model.dispose());

const SMALL = { inputSize: 96 } as const;
/** What the four more runs see: the parts at the corners, 5/8 of the sides, from right to left. */
const PARTS = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
].map(([right, down]) => ({ left: (right! * WIDTH * 3) / 8, top: (down! * HEIGHT * 3) / 8 }));
type Part = (typeof PARTS)[number];
const SHARE = 5 / 8;

/** The value at a place between pixels, bilinear; borders are repeated. */
function at(values: ArrayLike<number>, x: number, y: number, channels = 1, channel = 0): number {
  const [u, v] = [Math.min(Math.max(x, 0), WIDTH - 1), Math.min(Math.max(y, 0), HEIGHT - 1)];
  const [column, row] = [Math.floor(u), Math.floor(v)];
  const value = (i: number, j: number) =>
    values[channels * (Math.min(row + j, HEIGHT - 1) * WIDTH + Math.min(column + i, WIDTH - 1)) + channel]!;
  const [a, b] = [u - column, v - row];
  return (value(0, 0) * (1 - a) + value(1, 0) * a) * (1 - b) + (value(0, 1) * (1 - a) + value(1, 1) * a) * b;
}

function seen({ data, ...size }: ReturnType<typeof scene>, { left, top }: Part): ReturnType<typeof scene> {
  const shown = data.map((_, i) => {
    const [x, y] = [WIDTH - 1 - (Math.floor(i / 4) % WIDTH), Math.floor(i / 4 / WIDTH)];
    return Math.round(at(data, left + SHARE * (x + 0.5) - 0.5, top + SHARE * (y + 0.5) - 0.5, 4, i % 4));
  });
  return { ...size, data: shown };
}

describe('estimate with confidence: true', () => {
  it('gives the map that it gives without, and how far to trust it, 0 to 1', async () => {
    const plain = await model.estimate(scene(0), { inputSize: 128 });
    const first = { ...scene(0) };
    const asked = model.estimate(first, { inputSize: 128, confidence: true });
    first.data.fill(0); // it was read before
    const map = await asked;
    expect(plain.confidence).toBeUndefined();
    expect(await map.read()).toEqual(await plain.read());
    const sure = (await map.confidence!.read()) as Float32Array;
    expect([map.confidence!.width, map.confidence!.height, sure.length]).toEqual([WIDTH, HEIGHT, WIDTH * HEIGHT]);
    expect(sure.every((value) => value > 0 && value <= 1)).toBe(true);
    const confidences = await expectedOf(scene(0), (await plain.read()) as Float32Array);
    const mean = sure.reduce((sum, value, i) => sum + Math.abs(value - (confidences[i] as number)), 0) / sure.length;
    // Pictures are rounded to bytes on the way of the reference.
    expect(mean).toBeLessThan(0.005);
    for (const each of [plain, map]) each.dispose();
    expect(await rejection(map.confidence!.read())).toMatchObject({ code: 'DISPOSED' });
  }, 60_000);

  it('takes four more runs of the network', async () => {
    const { device, counts } = countingDevice((await testGpu()).device);
    await using counted = await nanoOn({ device } as Gpu);
    const dispatches = async (confidence: boolean): Promise<number> => {
      const run = async () => (await counted.estimate(scene(0), { ...SMALL, confidence })).dispose();
      await run();
      counts.clear();
      await run();
      return counts.get('dispatchWorkgroups')!;
    };
    const [plain, asked] = [await dispatches(false), await dispatches(true)];
    console.log(`${plain} dispatches, with confidence ${asked}`);
    // Fewer of them would be at most four times as many dispatches, more of them six; what compares maps is few.
    expect(asked).toBeGreaterThan(4.8 * plain);
    expect(asked).toBeLessThan(5.5 * plain);
  }, 60_000);

  it('does not jump where one of the four corners ends', async () => {
    // Waves, so that nothing in the picture ends there.
    const data = new Uint8Array(4 * WIDTH * HEIGHT).map((_, i) => {
      const [x, y] = [Math.floor(i / 4) % WIDTH, Math.floor(i / 4 / WIDTH)];
      return 128 + 60 * Math.sin(x / 9 + (i % 4)) + 60 * Math.cos(y / 7 + x / 31);
    });
    const map = await model.estimate({ width: WIDTH, height: HEIGHT, data }, { inputSize: 128, confidence: true });
    const sure = (await map.confidence!.read()) as Float32Array;
    map.dispose();
    const column = (x: number) => Array.from({ length: HEIGHT }, (_, y) => sure[y * WIDTH + x]!);
    const row = (y: number) => [...sure.subarray(y * WIDTH, (y + 1) * WIDTH)];
    for (const [line, side] of [
      [column, WIDTH],
      [row, HEIGHT],
    ] as const) {
      // Mean step from each line to the next.
      const steps = Array.from({ length: side - 1 }, (_, i) => {
        const next = line(i + 1);
        return line(i).reduce((sum, value, k) => sum + Math.abs(value - next[k]!), 0) / next.length;
      });
      // Within two pixels, which are looked at around one.
      const at = (share: number) => Math.max(...steps.slice(share * side - 3, share * side + 2));
      const usual = [...steps].sort((a, b) => a - b)[Math.floor(0.9 * side)]!;
      for (const share of [3 / 8, SHARE]) expect(at(share), `${side} ${share}`).toBeLessThan(1.5 * usual);
    }
  }, 60_000);

  it('is low where the picture shows nothing, whatever the maps agree on', async () => {
    const gray = {
      width: WIDTH,
      height: HEIGHT,
      data: new Uint8Array(4 * WIDTH * HEIGHT).map((_, i) => 120 + (i % 3)),
    };
    const map = await model.estimate(gray, { ...SMALL, confidence: true });
    const sure = (await map.confidence!.read()) as Float32Array;
    map.dispose();
    // What doubt of 0.5 leaves.
    expect(Math.max(...sure)).toBeLessThan(1 / (1 + (0.5 / 0.2) ** 2));
  }, 60_000);

  it('comes in streams too, but not in steady ones', async () => {
    const stream = model.stream(frames([scene(1)]), { ...SMALL, confidence: true });
    for await (const map of stream) {
      expect(((await map.confidence!.read()) as Float32Array).length).toBe(WIDTH * HEIGHT);
      map.dispose();
    }
    const steady = model.stream(frames([scene(1)]), { ...SMALL, confidence: true, steady: true });
    expect(await rejection(steady.next())).toMatchObject({ code: 'OPTION_STEADY' });
  }, 60_000);
});

/** Confidence by plain loops, from five estimates that are no more than that. */
async function expectedOf(picture: ReturnType<typeof scene>, depth: Float32Array): Promise<Float64Array> {
  const off = new Float64Array(depth.length);
  for (const part of PARTS) {
    const map = await model.estimate(seen(picture, part), { inputSize: 128 });
    const values = (await map.read()) as Float32Array;
    map.dispose();
    const back = depth.map((_, i) => {
      const [x, y] = [(i % WIDTH) - part.left, Math.floor(i / WIDTH) - part.top];
      if (x < 0 || y < 0 || x >= SHARE * WIDTH || y >= SHARE * HEIGHT) return NaN;
      return at(values, WIDTH - 0.5 - (x + 0.5) / SHARE, (y + 0.5) / SHARE - 0.5);
    });
    const shown = depth.map((_, i) => i).filter((i) => !Number.isNaN(back[i]));
    const { k, c } = lineOf(
      shown.map((i) => back[i]!),
      shown.map((i) => depth[i]!),
    );
    for (const i of shown) {
      const counts = fading(i % WIDTH, part.left, WIDTH) * fading(Math.floor(i / WIDTH), part.top, HEIGHT);
      off[i] = Math.max(off[i]!, counts * Math.abs(k * back[i]! + c - depth[i]!));
    }
  }
  const mean = depth.reduce((sum, value) => sum + value) / depth.length;
  const spread = Math.sqrt(depth.reduce((sum, value) => sum + (value - mean) ** 2, 0) / depth.length);
  const least = Math.min(...depth);
  const blank = 0.5 * Math.exp(-10 * shareOf(picture));
  return Float64Array.from(depth, (value, i) => {
    let most = 0;
    for (let j = -2; j <= 2; j++)
      for (let k = -2; k <= 2; k++) {
        const [x, y] = [(i % WIDTH) + k, Math.floor(i / WIDTH) + j];
        most = Math.max(most, off[Math.min(Math.max(y, 0), HEIGHT - 1) * WIDTH + Math.min(Math.max(x, 0), WIDTH - 1)]!);
      }
    const apart = (most + 0.15 * spread) / (value - least + 0.7 * spread);
    const ratio = (apart + blank) / 0.2;
    return 1 / (1 + ratio * ratio);
  });
}

/** How much a column or row of a part counts: from 0 to 1 over 8 % of a side before it ends inside. */
function fading(at: number, first: number, side: number): number {
  const inner = first > 0 ? at + 0.5 - first : SHARE * side - at - 0.5;
  const share = Math.min(inner / (0.08 * side), 1);
  return share * share * (3 - 2 * share);
}

/** Of 64 by 64 pixels, the part around which there is something to see. */
function shareOf({ data }: ReturnType<typeof scene>): number {
  let [count, all] = [0, 0];
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++) {
      const [column, row] = [Math.floor(((x + 0.5) * WIDTH) / 64), Math.floor(((y + 0.5) * HEIGHT) / 64)];
      const ranges = [0, 1, 2].map((c) => {
        const values = Array.from({ length: 25 }, (_, i) => {
          const [u, v] = [column + (i % 5) - 2, row + Math.floor(i / 5) - 2];
          return data[4 * (Math.min(Math.max(v, 0), HEIGHT - 1) * WIDTH + Math.min(Math.max(u, 0), WIDTH - 1)) + c]!;
        });
        return Math.max(...values) - Math.min(...values);
      });
      if (Math.max(...ranges) > 0.04 * 255) count++;
      all++;
    }
  return count / all;
}

function lineOf(x: Float32Array, y: Float32Array): { k: number; c: number } {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const products = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0);
  const k = products / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  return { k, c: meanY - k * meanX };
}
