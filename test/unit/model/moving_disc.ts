import { readFile } from 'node:fs/promises';
import {
  loadDepthModel,
  type DepthMap,
  type DepthModel,
  type LoadOptions,
  type StreamOptions,
} from '../../../src/index.js';
import { random } from '../../../truth/random.js';
import type { Gpu } from '../../../src/gpu/gpu.js';

export const [WIDTH, HEIGHT] = [128, 96];
const RADIUS = 10;
export const SIZE = { inputSize: 96 } as const;

/** A picture in memory. */
export interface Frame {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Where the disc is in a frame. */
export const discAt = (frame: number) => ({ x: 30 + 3 * frame, y: 60 });
/** Whether a pixel is in the disc of a frame, or so far around it. */
export const inDisc = (x: number, y: number, frame: number, around = 0) =>
  Math.hypot(x - discAt(frame).x, y - discAt(frame).y) < RADIUS + around;

/** A tiled floor before a wall with a box on it, and a disc that rolls by; with the noise of a camera. */
export function scene(frame: number, dark = false): Frame {
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

/** A source of a stream. */
export async function* frames(list: readonly Frame[]): AsyncGenerator<Frame> {
  for (const frame of list) yield frame;
}

/** The small model of the package on a device. */
export async function nanoOn({ device }: Gpu, options: LoadOptions = {}): Promise<DepthModel> {
  const file = await readFile(new URL('../../../models/nano.safetensors', import.meta.url));
  return loadDepthModel(new Uint8Array(file), { device, cache: false, tuning: 'off', ...options });
}

/** What is made of each map of a stream. */
export async function each<T>(
  model: DepthModel,
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

/** A map's grey levels, RGBA. */
export const gray = (map: DepthMap) => map.colors({ colormap: 'gray' });

/** Mean and worst over the frames of the mean change of the grey levels, away from the disc. */
export function flicker(pictures: readonly Uint8ClampedArray[]): { mean: number; worst: number } {
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
