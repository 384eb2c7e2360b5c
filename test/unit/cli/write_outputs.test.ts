import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sideBySide, withoutAlpha } from '../../../src/cli/compose.js';
import { writeOutputs, type DepthResult, type Look } from '../../../src/cli/write_outputs.js';
import { readDepthFile } from '../../../src/node/depth_file.js';
import { isOwnResult } from '../../../src/node/picture_format.js';

const WIDTH = 3;
const HEIGHT = 2;
const VALUES = Float32Array.of(-1, 0, 1, 2, 3, NaN);
const LOOK: Look = { colormap: 'turbo', grayscale: false, invert: false, side: false, span: 'full' };
const PICTURE = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: 24 }, (_, i) => (i % 4 === 3 ? 255 : i)),
};
/** What the drawing stand-in below gives: colours that say which map and direction were asked for. */
const PAINT = { turbo: 10, gray: 20 } as const;

function depthMap(nearer: 'larger' | 'smaller' = 'larger'): DepthResult {
  return {
    width: WIDTH,
    height: HEIGHT,
    nearer,
    read: async () => VALUES,
    range: async () => ({ min: -1, max: 3, low: 0, high: 2, nonFinite: 1 }),
    colors: async ({ colormap, invert } = {}) =>
      Uint8ClampedArray.from(
        { length: 24 },
        (_, i) => [PAINT[colormap as keyof typeof PAINT], invert ? 1 : 0, i >> 2, 255][i % 4]!,
      ),
    semantics: (scale = 1, offset = 0) => ({
      ...(nearer === 'larger'
        ? ({ kind: 'relative-inverse', nearer, unit: 'none' } as const)
        : ({ kind: 'relative', nearer, unit: 'none' } as const)),
      scale,
      offset,
      model: 'midas-v2.1-small',
      width: WIDTH,
      height: HEIGHT,
    }),
  };
}

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterEach(() => rm(root, { recursive: true }));

async function pixels(path: string): Promise<number[]> {
  const { channels } = await sharp(path).metadata();
  return [
    ...(await sharp(path)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer()),
  ];
}

async function semanticsOf(path: string): Promise<unknown> {
  const { comments } = await sharp(path).metadata();
  return JSON.parse(comments!.find(({ keyword }) => keyword === 'depthwise')!.text);
}

describe('compose', () => {
  it('drops alpha and, for grey, the channels that repeat', () => {
    const rgba = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 9) };
    expect(withoutAlpha(rgba, 3)).toEqual({ width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(withoutAlpha(rgba, 1)).toEqual({ width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 4) });
  });

  it('puts one picture left and one right, row by row', () => {
    const left = { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 9) };
    const right = { width: 1, height: 2, data: Uint8ClampedArray.of(11, 12, 13, 0, 14, 15, 16, 0) };
    expect(sideBySide(left, right)).toEqual({
      width: 2,
      height: 2,
      data: Uint8Array.of(1, 2, 3, 9, 11, 12, 13, 0, 4, 5, 6, 9, 14, 15, 16, 0),
    });
  });
});

describe('writeOutputs', () => {
  it('writes every file, with its meaning in the PNG and in the JSON', async () => {
    const at = (name: string) => join(root, 'new', 'folder', name);
    const outputs = {
      picture: at('a.png'),
      png16: at('a-16bit.png'),
      pfm: at('a.pfm'),
      npy: at('a.npy'),
      semantics: at('a.json'),
    };
    expect(await writeOutputs(outputs, depthMap(), PICTURE, LOOK)).toEqual({ min: -1, max: 3, nonFinite: 1 });

    const semantics = JSON.parse(await readFile(outputs.semantics, 'utf8'));
    expect(semantics).toEqual(depthMap().semantics(4 / 65535, -1));
    const png16 = await readDepthFile(outputs.png16);
    expect(png16.semantics).toEqual(semantics);
    [-1, 0, 1, 2, 3, -1].forEach((value, i) => expect(png16.data[i]).toBeCloseTo(value, 4));
    expect((await readDepthFile(outputs.pfm)).data).toEqual(VALUES);
    expect((await readDepthFile(outputs.npy)).data).toEqual(VALUES);
    expect(await pixels(outputs.picture)).toEqual([0, 1, 2, 3, 4, 5].flatMap((i) => [10, 0, i]));
    for (const png of [outputs.picture, outputs.png16]) expect(isOwnResult(await readFile(png))).toBe(true);
  });

  it('reads confidence back once where it is asked for, and not at all elsewhere', async () => {
    let reads = 0;
    const values = Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1);
    const read = async () => (reads++, values);
    const depth = { ...depthMap(), confidence: { read } } as unknown as DepthResult;
    const outputs = { picture: join(root, 'a.png') };
    await writeOutputs(outputs, depth, PICTURE, LOOK);
    expect(reads).toBe(0);
    const at = (end: string) => join(root, `a-confidence.${end}`);
    const asked = {
      ...outputs,
      ...{ confidence: at('png'), confidencePng16: at('16bit.png') },
      ...{ confidencePfm: at('pfm'), confidenceNpy: at('npy'), confidenceExr: at('exr') },
    };
    await writeOutputs(asked, depth, PICTURE, LOOK);
    expect(reads).toBe(1);
    expect(await pixels(at('png'))).toEqual([0, 51, 102, 153, 204, 255]);
    for (const end of ['pfm', 'npy']) expect((await readDepthFile(at(end))).data).toEqual(values);
    const codes = await sharp(at('16bit.png')).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    expect([...new Uint16Array(codes.buffer, codes.byteOffset, 6)]).toEqual([0, 13107, 26214, 39321, 52428, 65535]);
    const exr = await readFile(at('exr'));
    expect(exr.toString('latin1')).toContain('confidence\0');
    // The last row of three values ends the file.
    expect([0, 1, 2].map((i) => exr.readFloatLE(exr.length - 12 + 4 * i))).toEqual([...values.subarray(3)]);
  });

  it('draws in grey, inverted, and beside the picture', async () => {
    const outputs = { picture: join(root, 'a.png') };
    await writeOutputs(outputs, depthMap(), PICTURE, { ...LOOK, grayscale: true });
    expect(await pixels(outputs.picture)).toEqual([20, 20, 20, 20, 20, 20]);
    await writeOutputs(outputs, depthMap(), PICTURE, { ...LOOK, invert: true, side: true });
    const row = (y: number) => [0, 1, 2].flatMap((x) => [0, 1, 2].map((c) => 4 * (3 * y + x) + c));
    const map = (y: number) => [0, 1, 2].flatMap((x) => [10, 1, 3 * y + x]);
    expect(await pixels(outputs.picture)).toEqual([...row(0), ...map(0), ...row(1), ...map(1)]);
  });

  it('says which value a level of the drawing stands for, whichever way the levels run', async () => {
    const outputs = { picture: join(root, 'a.png') };
    const line = async (nearer: 'larger' | 'smaller', invert: boolean) => {
      await writeOutputs(outputs, depthMap(nearer), PICTURE, { ...LOOK, invert });
      return semanticsOf(outputs.picture);
    };
    expect(await line('larger', false)).toMatchObject({ scale: 4 / 255, offset: -1 });
    expect(await line('smaller', true)).toMatchObject({ scale: 4 / 255, offset: -1 });
    expect(await line('smaller', false)).toMatchObject({ scale: -4 / 255, offset: 3 });
    expect(await line('larger', true)).toMatchObject({ scale: -4 / 255, offset: 3 });
  });

  it('says scale 1 and offset 0 where only values themselves are stored', async () => {
    const outputs = { picture: join(root, 'a.png'), npy: join(root, 'a.npy'), semantics: join(root, 'a.json') };
    await writeOutputs(outputs, depthMap(), PICTURE, LOOK);
    expect(JSON.parse(await readFile(outputs.semantics, 'utf8'))).toMatchObject({ scale: 1, offset: 0 });
  });

  it('names the file that cannot be written', async () => {
    await writeFile(join(root, 'blocked'), '');
    const picture = join(root, 'blocked', 'a.png');
    await expect(writeOutputs({ picture }, depthMap(), PICTURE, LOOK)).rejects.toEqual(
      expect.objectContaining({ name: 'DepthFileError', code: 'OUTPUT_WRITE', source: picture }),
    );
  });
});
