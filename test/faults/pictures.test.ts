import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthModel } from '../../src/index.js';
import type { RawPicture } from '../../src/image/pixels.js';
import { loadDepthModel as loadInNode, readDepthFile } from '../../src/node/index.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';
import { nullGpu } from '../unit/kernels/null_gpu.js';
import { bits, bitsOf, picture, rejection, SMALL } from '../unit/model/pictures.js';
import { seededCheckpoint } from '../../truth/seeded_weights.js';
import { tinyMidas } from '../unit/model/tiny_midas.js';
import { FaultyDevice } from './faulty_device.js';

let faulty: FaultyDevice;
let model: DepthModel;
let nano: DepthModel;
const folder = mkdtempSync(join(tmpdir(), 'depthwise-pictures-'));
const file = join(folder, 'depth.png');
beforeAll(async () => {
  faulty = new FaultyDevice((await testGpu()).device);
  model = await loadDepthModel(tinyMidas(), { device: faulty.device, cache: false, precision: 'f32' });
  nano = await loadInNode('nano', { device: (await testGpu()).device, cache: false, precision: 'f32' });
});
afterAll(() => {
  model.dispose();
  nano.dispose();
  rmSync(folder, { recursive: true });
});

/** RGB pixels that a function makes. */
function painted(width: number, height: number, value: (at: number) => number): RawPicture {
  return { data: Uint8Array.from({ length: 3 * width * height }, (_, at) => value(at)), width, height, channels: 3 };
}

/** Everything a map can be made into, each finite and within its range. */
async function expectDrawable(source: RawPicture, of = nano): Promise<void> {
  const map = await of.estimate(source);
  try {
    const values = await map.read();
    expect(values.length).toBe(source.width * source.height);
    expect(values.every(Number.isFinite)).toBe(true);
    const { min, max, low, high, nonFinite } = await map.range();
    expect([min, max, nonFinite]).toEqual([Math.min(...values), Math.max(...values), 0]);
    for (const end of [low, high]) expect(end >= min && end <= max).toBe(true);
    for (const span of ['full', 'percentiles'] as const) {
      const colors = await map.colors({ span });
      expect(colors.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
    }
    expect(await map.texture()).toBeDefined();
    await writeFile(file, await (await map.toBlob('png16')).bytes());
    const { data } = await readDepthFile(file);
    const far = Math.max(...values.map((value, i) => Math.abs(data[i]! - value)));
    expect(far, 'half a step of 16 bits').toBeLessThanOrEqual((0.51 * (max - min)) / 65_535 + 1e-6 * Math.abs(max));
  } finally {
    map.dispose();
  }
}

describe('pictures that are hardly any', () => {
  it.each([
    [1, 1],
    [1, 14],
    [14, 1],
    [13, 13],
    [2, 3],
  ])('of %i×%i give a map of their size', (width, height) =>
    expectDrawable(painted(width, height, (at) => (at * 67) % 256)),
  );

  it.each<[string, (at: number) => number]>([
    ['black', () => 0],
    ['white', () => 255],
    ['one grey', () => 128],
    ['noise', (at) => (Math.imul(at + 1, 2654435761) >>> 13) & 255],
  ])('of %s give a finite map that can be drawn', (_, value) => expectDrawable(painted(80, 60, value)));

  it('of which the map has one value are drawn without dividing by nothing', async () => {
    const map = await nano.estimate(painted(1, 1, () => 99));
    const { min, max } = await map.range();
    expect(max).toBe(min);
    const [r, g, b, a] = await map.colors();
    expect(a).toBe(255);
    for (const other of ['full', 'percentiles'] as const)
      expect([...(await map.colors({ span: other }))]).toEqual([r, g, b, a]);
    map.dispose();
  });
});

describe('a stream whose frames change size', () => {
  it('and are turned has the map of each, and keeps no more programs than four', async () => {
    const sizes = [
      [64, 48],
      [48, 64],
      [64, 48],
      [80, 48],
      [48, 80],
      [96, 48],
      [48, 96],
    ] as const;
    const frames = Array.from({ length: 42 }, (_, i) => picture(`frame ${i}`, ...sizes[Math.floor(i / 2) % 7]!));
    const held: number[] = [];
    const maps: string[] = [];
    async function* camera() {
      yield* frames;
    }
    for await (const map of model.stream(camera(), SMALL)) {
      const { width, height } = frames[maps.length]!;
      expect([map.width, map.height]).toEqual([width, height]);
      maps.push(bits(await map.read()));
      map.dispose();
      held.push(faulty.held.bytes);
    }
    expect(maps.length).toBe(frames.length);
    for (const i of [0, 2, 3, 9, 20, 41]) expect(maps[i], `frame ${i}`).toBe(await bitsOf(model, frames[i]!));
    // From the first round of all sizes on nothing is added.
    expect(Math.max(...held.slice(14))).toBeLessThanOrEqual(Math.max(...held.slice(0, 14)));
    const { activations } = await model.memory();
    const largest = Math.max(...sizes.map(([width, height]) => model.plan({ width, height }, SMALL).activations));
    expect(activations).toBeLessThanOrEqual(4 * largest);
  });
});

describe('a picture of sides where arithmetic with floats may lose a patch', () => {
  let small: DepthModel;
  beforeAll(async () => {
    const weights = seededCheckpoint(checkpointTensors('depth-anything-small')) as Uint8Array<ArrayBuffer>;
    const options = { device: (await nullGpu()).device, cache: false, tuning: 'off', precision: 'f32' } as const;
    small = await loadDepthModel('depth-anything-v2-small', { ...options, weights });
  });
  afterAll(() => small.dispose());

  it.each([546, 602, 1092, 1204, 1610, 1722, 2184])('of %i pixels has a patch for each 14, wide or high', (side) => {
    const other = 140;
    const [wide, high] = [
      { width: side, height: other },
      { width: other, height: side },
    ];
    // Every op of the network is given its shape: a patch that is lost does not add up.
    const plans = [wide, high].map((size) => small.plan(size, { inputSize: other }));
    expect(plans.map(({ network }) => network)).toEqual([wide, high]);
    expect(plans[0]!.weights).toBe(plans[1]!.weights);
    const patches = (side / 14) * (other / 14);
    const table = 4 * 384 * (1 + patches);
    const without = small.plan({ width: other, height: other }, { inputSize: other }).weights - 4 * 384 * (1 + 100);
    expect(plans[0]!.weights - without, 'the table of position embeddings, in bytes').toBe(table);
  });
});

describe('a batch', () => {
  it.each([0, 2, 64])('of %i pictures is refused with both numbers: a model takes one at a time', async (count) => {
    const tensor = new Float32Array(count * 3 * 32 * 32);
    const error = await rejection(model.run(tensor, [count as 1, 3, 32, 32]));
    expect(error).toMatchObject({ name: 'UsageError', code: 'TENSOR_SHAPE' });
    expect(error.message).toContain(`${count}`);
  });
});
