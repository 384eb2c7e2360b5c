import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel, type DepthMap, type DepthModel, type DepthRange } from '../../../src/index.js';
import { colormaps } from '../../../src/depth/colormaps.js';
import { testGpu } from '../../gpu.js';
import { readTexels } from '../../../truth/textures.js';
import { countingDevice, type Counts } from '../graph/counting_device.js';
import { picture, rejection, SMALL } from './pictures.js';
import { tinyMidas } from './tiny_midas.js';

let real: GPUDevice;
let counts: Counts;
let model: DepthModel;
let map: DepthMap;
let values: Float32Array;
let own: DepthRange;
let range: { min: number; max: number };

beforeAll(async () => {
  real = (await testGpu()).device;
  const counting = countingDevice(real);
  counts = counting.counts;
  model = await loadDepthModel(tinyMidas(), { device: counting.device, cache: false });
  map = await model.estimate(picture('a'), SMALL);
  values = await map.read();
  own = await map.range();
  range = { min: own.low, max: own.max + 0.5 };
});
afterAll(() => {
  map.dispose();
  model.dispose();
});

/** Place of a value in the range, 0…1. */
const placeOf = (value: number) => Math.min(Math.max((value - range.min) / (range.max - range.min), 0), 1);

const bytesOf = async (file: Blob) => Buffer.from(await file.arrayBuffer());

/** What a PNG says of its numbers. */
function lineOf(file: Buffer): unknown {
  return JSON.parse(/\{.*?\}/.exec(file.toString('latin1'))?.[0] ?? '');
}

describe('a range given to a map', () => {
  it('is what colours span', async () => {
    const rgba = await map.colors({ range, colormap: 'gray' });
    const gray = colormaps.gray;
    let off = 0;
    values.forEach((value, i) => {
      const level = Math.floor(255 * placeOf(value));
      if (rgba[4 * i] !== gray[3 * level]) off++;
    });
    // In f32 a value on the border of two levels may take the other one.
    expect(off).toBeLessThanOrEqual(3);
    expect(new Set(rgba).size).toBeGreaterThan(50);
    expect(await map.colors({ range: own, colormap: 'gray' })).toEqual(await map.colors({ colormap: 'gray' }));
  });

  it('is what nearness spans in a texture of its own, which goes with the map', async () => {
    const other = await model.estimate(picture('a'), SMALL);
    const texture = await other.texture('rgba32float', { range });
    expect(await other.texture('rgba32float', { range: { ...range } })).toBe(texture);
    expect(await other.texture('rgba32float')).not.toBe(texture);
    const texels = await readTexels(real, texture);
    values.forEach((value, i) => {
      expect(texels[4 * i]).toBeCloseTo(placeOf(value), 5);
      expect(texels[4 * i + 1]).toBe(value);
    });
    other.dispose();
    expect(await rejection(other.texture('rgba32float', { range }))).toMatchObject({ code: 'DISPOSED' });
  });

  it('is what the codes of files span, and what they say', async () => {
    const deep = await bytesOf(await map.toBlob('png16', { range }));
    expect(lineOf(deep)).toMatchObject({ offset: range.min, scale: (range.max - range.min) / 65535 });
    const codes = new Uint16Array(
      (await sharp(deep).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer()).buffer,
    );
    values.forEach((value, i) => expect(codes[i]).toBe(Math.round(65535 * placeOf(value))));
    const drawn = await bytesOf(await map.toBlob('png', { range }));
    expect(lineOf(drawn)).toMatchObject({ offset: range.min, scale: (range.max - range.min) / 255 });
  });

  it('may change from map to map with nothing new', async () => {
    await map.colors({ range });
    counts.clear();
    await map.colors({ range: { min: range.min, max: range.max + 1 } });
    expect([...counts.keys()].filter((name) => /^create(?!Command)/.test(name))).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['the wrong way round', { min: 2, max: 1 }],
    ['with an end that is no number', { min: '0', max: 1 }],
    ['with an end past f32', { min: 0, max: 1e39 }],
    ['with both ends past f32', { min: 1e39, max: 1e39 }],
    ['that spans more than f32', { min: -3e38, max: 3e38 }],
    ['null', null],
  ])('is refused %s', async (_, wrong) => {
    const options = { range: wrong as typeof range };
    for (const work of [map.colors(options), map.texture('rgba16float', options), map.toBlob('png16', options)])
      expect(await rejection(work)).toMatchObject({ name: 'UsageError', code: 'OPTION_RANGE' });
  });
});
