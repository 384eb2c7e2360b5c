import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DepthModel } from '../../../src/index.js';
import { testGpu } from '../../gpu.js';
import { frames, HEIGHT, nanoOn, scene, WIDTH } from './moving_disc.js';
import { rejection } from './pictures.js';

let model: DepthModel;
beforeAll(async () => {
  model = await nanoOn(await testGpu());
}, 60_000);
afterAll(() => model.dispose());

const SMALL = { inputSize: 96 } as const;
/** How the four more runs see it: mirrored, or moved by a quarter, to the right and down. */
const VARIANTS = [
  { mirrored: true, right: 0, down: 0 },
  { mirrored: false, right: 0, down: -HEIGHT / 4 },
  { mirrored: false, right: WIDTH / 4, down: 0 },
  { mirrored: false, right: -WIDTH / 4, down: 0 },
] as const;
type Variant = (typeof VARIANTS)[number];

/** With its surroundings mirrored. */
function seen(picture: ReturnType<typeof scene>, { mirrored, right, down }: Variant): ReturnType<typeof scene> {
  const folded = (place: number, last: number) => last - Math.abs(last - Math.abs(place));
  const data = new Uint8Array(picture.data.length);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const column = folded(mirrored ? WIDTH - 1 - x : x - right, WIDTH - 1);
      const from = 4 * (folded(y - down, HEIGHT - 1) * WIDTH + column);
      data.set(picture.data.subarray(from, from + 4), 4 * (y * WIDTH + x));
    }
  return { ...picture, data };
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
  for (const variant of VARIANTS) {
    const map = await model.estimate(seen(picture, variant), { inputSize: 128 });
    const values = (await map.read()) as Float32Array;
    map.dispose();
    const back = depth.map((_, i) => {
      const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
      const [column, row] = [variant.mirrored ? WIDTH - 1 - x : x + variant.right, y + variant.down];
      return column < 0 || column >= WIDTH || row < 0 ? NaN : (values[row * WIDTH + column] as number);
    });
    const shown = depth.map((_, i) => i).filter((i) => !Number.isNaN(back[i]));
    const { k, c } = lineOf(
      shown.map((i) => back[i]!),
      shown.map((i) => depth[i]!),
    );
    for (const i of shown) off[i] = Math.max(off[i]!, Math.abs(k * back[i]! + c - depth[i]!));
  }
  const mean = depth.reduce((sum, value) => sum + value) / depth.length;
  const spread = Math.sqrt(depth.reduce((sum, value) => sum + (value - mean) ** 2, 0) / depth.length);
  const least = Math.min(...depth);
  return Float64Array.from(depth, (value, i) => {
    let most = 0;
    for (let j = -2; j <= 2; j++)
      for (let k = -2; k <= 2; k++) {
        const [x, y] = [(i % WIDTH) + k, Math.floor(i / WIDTH) + j];
        most = Math.max(most, off[Math.min(Math.max(y, 0), HEIGHT - 1) * WIDTH + Math.min(Math.max(x, 0), WIDTH - 1)]!);
      }
    const ratio = (most + 0.05 * spread) / (value - least + 0.7 * spread) / 0.2;
    return 1 / (1 + ratio * ratio);
  });
}

function lineOf(x: Float32Array, y: Float32Array): { k: number; c: number } {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const products = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0);
  const k = products / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  return { k, c: meanY - k * meanX };
}
