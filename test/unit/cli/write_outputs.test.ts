import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawDepth, sideBySide, type Look } from '../../../src/cli/draw.js';
import { writeOutputs, type Meaning } from '../../../src/cli/write_outputs.js';
import { colormaps } from '../../../src/image/colormaps.js';
import { finiteRange } from '../../../src/image/formats/depth_semantics.js';
import { readDepthFile } from '../../../src/node/depth_file.js';
import { isOwnResult } from '../../../src/node/picture_format.js';

const LOOK: Look = { colormap: 'inferno', grayscale: false, invert: false };
const MEANING: Meaning = { kind: 'relative-inverse', nearer: 'larger', unit: 'none', model: 'midas-v2.1-small' };
const draw = (values: number[], look: Partial<Look>, nearer: 'larger' | 'smaller' = 'larger') => {
  const data = Float32Array.from(values);
  return [...drawDepth({ data, width: values.length, height: 1 }, finiteRange(data), nearer, { ...LOOK, ...look }).data];
};

describe('drawDepth', () => {
  it('spreads the range over the levels, truncating', () => {
    expect(draw([10, 10.5, 11, 12], { grayscale: true })).toEqual([0, 63, 127, 255]);
    expect(draw([10, 10.5, 11, 12], { grayscale: true, invert: true })).toEqual([255, 192, 128, 0]);
    expect(draw([0, 255, 128], {})).toEqual([0, 255, 128].flatMap((level) => [...colormaps.inferno.subarray(level * 3, level * 3 + 3)]));
  });

  it('gives what is nearest the last colour, unless inverted', () => {
    expect(draw([1, 4], { grayscale: true }, 'smaller')).toEqual([255, 0]);
    expect(draw([1, 4], { grayscale: true, invert: true }, 'smaller')).toEqual([0, 255]);
  });

  it('draws flat maps and values that are not finite like the smallest value', () => {
    expect(draw([5, 5], { grayscale: true })).toEqual([0, 0]);
    expect(draw([NaN, 1, Infinity, 2, -Infinity], { grayscale: true })).toEqual([0, 0, 0, 255, 0]);
  });
});

describe('sideBySide', () => {
  it('puts the picture left and the depth right, row by row', () => {
    const picture = { width: 2, height: 2, data: Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : i)) };
    const grey = { width: 2, height: 2, channels: 1, data: Uint8Array.of(100, 101, 102, 103) } as const;
    expect(sideBySide(picture, grey)).toEqual({ width: 4, height: 2, channels: 3, data: Uint8Array.of(
      0, 1, 2, 4, 5, 6, 100, 100, 100, 101, 101, 101,
      8, 9, 10, 12, 13, 14, 102, 102, 102, 103, 103, 103) });
    const colour = { width: 2, height: 2, channels: 3, data: Uint8Array.from({ length: 12 }, (_, i) => 200 + i) } as const;
    expect([...sideBySide(picture, colour).data.subarray(6, 12)]).toEqual([200, 201, 202, 203, 204, 205]);
  });
});

describe('writeOutputs', () => {
  const DEPTH = { data: Float32Array.of(-1, 0, 1, 2, 3, NaN), width: 3, height: 2 };
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'depthwise-'))));
  afterEach(() => rm(root, { recursive: true }));

  it('writes every file, with its meaning in the PNG and in the JSON', async () => {
    const at = (name: string) => join(root, 'new', 'folder', name);
    const outputs = { picture: at('a.png'), png16: at('a-16bit.png'), pfm: at('a.pfm'), npy: at('a.npy'), semantics: at('a.json') };
    expect(await writeOutputs(outputs, DEPTH, MEANING, LOOK)).toEqual({ min: -1, max: 3, nonFinite: 1 });

    const semantics = JSON.parse(await readFile(outputs.semantics, 'utf8'));
    expect(semantics).toEqual({ ...MEANING, scale: 4 / 65535, offset: -1, width: 3, height: 2 });
    const png16 = await readDepthFile(outputs.png16);
    expect(png16.semantics).toEqual(semantics);
    [-1, 0, 1, 2, 3, -1].forEach((value, i) => expect(png16.data[i]).toBeCloseTo(value, 4));
    expect((await readDepthFile(outputs.pfm)).data).toEqual(DEPTH.data);
    expect((await readDepthFile(outputs.npy)).data).toEqual(DEPTH.data);
    expect(await sharp(outputs.picture).metadata()).toMatchObject({ width: 3, height: 2, channels: 3, depth: 'uchar' });
    for (const png of [outputs.picture, outputs.png16]) expect(isOwnResult(await readFile(png))).toBe(true);
  });

  it('says scale 1 and offset 0 where only values themselves are stored', async () => {
    const outputs = { picture: join(root, 'a.png'), npy: join(root, 'a.npy'), semantics: join(root, 'a.json') };
    await writeOutputs(outputs, DEPTH, MEANING, LOOK);
    expect(JSON.parse(await readFile(outputs.semantics, 'utf8'))).toMatchObject({ scale: 1, offset: 0 });
  });

  it('names the file that cannot be written', async () => {
    await writeFile(join(root, 'blocked'), '');
    const picture = join(root, 'blocked', 'a.png');
    await expect(writeOutputs({ picture }, DEPTH, MEANING, LOOK)).rejects.toEqual(
      expect.objectContaining({ name: 'DepthFileError', code: 'OUTPUT_WRITE', source: picture }));
  });
});
