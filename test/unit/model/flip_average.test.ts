import { expect, it } from 'vitest';
import type { LoadOptions } from '../../../src/index.js';
import type { RawPicture } from '../../../src/image/pixels.js';
import { compareMaps } from '../../../truth/compare_maps.js';
import { testGpu } from '../../gpu.js';
import { nanoOn } from './moving_disc.js';
import { depthOf, picture, rejection } from './pictures.js';

/** Rows of `width` pixels in the opposite order. */
function mirrored<T extends Uint8Array | Float32Array>(data: T, width: number, channels = 1): T {
  const out = data.slice() as T;
  for (let i = 0; i < data.length / channels; i++) {
    const column = i % width;
    const from = i - column + width - 1 - column;
    for (let c = 0; c < channels; c++) out[channels * i + c] = data[channels * from + c] as number;
  }
  return out;
}

it.each(['original', 'hub'] as const)('gives the mean of both maps with %s pictures', async (convention) => {
  const gpu = await testGpu();
  using once = await nanoOn(gpu, { convention });
  using averaged = await nanoOn(gpu, { convention, flipAverage: true });
  const scene = picture('a street', 75, 50);
  const flipped: RawPicture = { ...scene, data: mirrored(scene.data, scene.width, 3) };
  const [map, other] = [await depthOf(once, scene), mirrored(await depthOf(once, flipped), scene.width)];
  const mean = map.map((value, i) => (value + (other[i] as number)) / 2);
  const error = compareMaps(await depthOf(averaged, scene), mean);
  console.log(`${convention}: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
  expect(compareMaps(map, mean).mean).toBeGreaterThan(1e-2);
  expect(error.max).toBeLessThanOrEqual(1e-5);
  expect(error.mean).toBeLessThanOrEqual(1e-6);
});

it('plans twice the work on the same weights', async () => {
  const gpu = await testGpu();
  using once = await nanoOn(gpu);
  using averaged = await nanoOn(gpu, { flipAverage: true });
  const [one, two] = [once, averaged].map((model) => model.plan({ width: 75, height: 50 }));
  expect(two!.weights).toBe(one!.weights);
  expect([one!.runs, two!.runs]).toEqual([1, 2]);
  const doubted = await averaged.plan({ width: 75, height: 50 }, { confidence: true });
  expect(doubted.runs).toBe(10);
  // Preprocessing and the last resize are done once; flipping and the mean are two more.
  expect(two!.dispatches).toBe(2 * one!.dispatches);
  expect(two!.activations).toBeLessThan(1.5 * one!.activations);
});

it('says what is wrong with the option', async () => {
  const wrong = { flipAverage: 'yes' } as unknown as LoadOptions;
  expect(await rejection(nanoOn(await testGpu(), wrong))).toMatchObject({
    code: 'OPTION_FLIP_AVERAGE',
    expected: [true, false],
  });
});
