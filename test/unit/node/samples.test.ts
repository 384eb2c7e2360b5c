import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '../../../src/node/image_file.js';
import { tiffRow, type TiffSamples } from './tiff.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Shades from black to white, 0..1. */
const SHADES = Array.from({ length: 16 }, (_, i) => i / 15);
const LEVELS = SHADES.map((shade) => Math.round(255 * shade));
/** sRGB levels of linear light. */
const LINEAR = SHADES.map((v) => Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)));

type Put = (view: DataView, at: number, shade: number, littleEndian: boolean) => void;
const PUT: Readonly<Record<string, Put>> = {
  u8: (view, at, shade) => view.setUint8(at, Math.round(255 * shade)),
  u16: (view, at, shade, le) => view.setUint16(at, Math.round(65535 * shade), le),
  u32: (view, at, shade, le) => view.setUint32(at, Math.round(4294967295 * shade), le),
  i8: (view, at, shade) => view.setInt8(at, Math.round(127 * shade)),
  i16: (view, at, shade, le) => view.setInt16(at, Math.round(32767 * shade), le),
  i32: (view, at, shade, le) => view.setInt32(at, Math.round(2147483647 * shade), le),
  f16: (view, at, shade, le) => view.setUint16(at, shade === 0 ? 0 : shade < 1 ? 0x3800 : 0x3c00, le),
  f32: (view, at, shade, le) => view.setFloat32(at, shade, le),
  f64: (view, at, shade, le) => view.setFloat64(at, shade, le),
};

/** A row of shades, every channel of a pixel alike. */
async function row(type: string, kind: Partial<TiffSamples> = {}, shades: readonly number[] = SHADES): Promise<string> {
  const { channels = 1, bigEndian = false } = kind;
  const bits = Number(type.slice(1));
  const view = new DataView(new ArrayBuffer((shades.length * channels * bits) / 8));
  for (let i = 0; i < shades.length * channels; i++)
    PUT[type]!(view, (i * bits) / 8, shades[Math.floor(i / channels)]!, !bigEndian);
  const format = { u: 1, i: 2, f: 3 }[type[0] as 'u' | 'i' | 'f'];
  return file(tiffRow(shades.length, new Uint8Array(view.buffer), { bits, format, ...kind }));
}

let count = 0;
async function file(content: Uint8Array): Promise<string> {
  const path = join(folder, `${count++}.tif`);
  await writeFile(path, content);
  return path;
}

async function expectGrey(path: string, levels: readonly number[], slack = 0): Promise<void> {
  const { data } = await readPicture(path);
  expect(data).toHaveLength(4 * levels.length);
  levels.forEach((level, i) => {
    for (let c = 0; c < 3; c++) expect(Math.abs(data[4 * i + c]! - level), `pixel ${i}`).toBeLessThanOrEqual(slack);
  });
}

describe('samples of a TIFF', () => {
  it.each([false, true])('of 8 and 16 bits are levels; big-endian %s', async (bigEndian) => {
    for (const type of ['u8', 'u16']) {
      await expectGrey(await row(type, { bigEndian }), LEVELS);
      await expectGrey(await row(type, { bigEndian, photometric: 0 }), LEVELS.toReversed());
      await expectGrey(await row(type, { bigEndian, channels: 2, extra: 2 }), LEVELS);
      await expectGrey(await row(type, { bigEndian, channels: 3, photometric: 2 }), LEVELS);
      await expectGrey(await row(type, { bigEndian, channels: 4, photometric: 2, extra: 2 }), LEVELS);
    }
  });

  it.each([false, true])('that are floats of 0..1 are linear light; big-endian %s', async (bigEndian) => {
    await expectGrey(await row('f32', { bigEndian }), LINEAR);
    await expectGrey(await row('f32', { bigEndian, channels: 2, extra: 2 }), LINEAR);
    await expectGrey(await row('f32', { bigEndian, channels: 3, photometric: 2 }), LINEAR);
    await expectGrey(await row('f32', { bigEndian, channels: 4, photometric: 2, extra: 2 }), LINEAR);
    await expectGrey(await row('f16', { bigEndian, channels: 3, photometric: 2 }), [
      0,
      ...Array<number>(14).fill(188),
      255,
    ]);
  });

  it('that are floats outside 0..1, or no numbers, are refused with their range', async () => {
    for (const channels of [1, 3]) {
      const kind = channels === 1 ? {} : { channels, photometric: 2 };
      for (const [shades, range] of [
        [
          [0, 200],
          [0, 200],
        ],
        [
          [-1, 1],
          [-1, 1],
        ],
        [
          [0.5, Infinity],
          [0.5, Infinity],
        ],
      ] as const)
        await expect(readPicture(await row('f32', kind, shades))).rejects.toMatchObject({
          name: 'ImageError',
          code: 'IMAGE_RANGE',
          actual: range,
        });
      await expect(readPicture(await row('f32', kind, [0.5, NaN]))).rejects.toMatchObject({
        code: 'IMAGE_RANGE',
        message: expect.stringContaining(`${channels} of its ${2 * channels} float samples are no numbers`),
      });
    }
  });

  it('of any other type are refused by name, and never read as black', async () => {
    for (const type of ['u32', 'i8', 'i16', 'i32', 'f64'])
      for (const kind of [{}, { channels: 3, photometric: 2 }, { channels: 4, photometric: 5 }])
        await expect(readPicture(await row(type, kind)), `${type} ${JSON.stringify(kind)}`).rejects.toMatchObject({
          name: 'ImageError',
          code: expect.stringMatching(/^IMAGE_(FORMAT|DECODE)$/),
        });
    await expect(readPicture(await row('i16'))).rejects.toMatchObject({
      code: 'IMAGE_FORMAT',
      message: expect.stringMatching(/grey16 samples of type short/),
    });
    for (const inks of ['f16', 'f32'])
      await expect(readPicture(await row(inks, { channels: 4, photometric: 5 }))).rejects.toMatchObject({
        code: 'IMAGE_FORMAT',
      });
    await expect(readPicture(await row('f16'))).rejects.toMatchObject({ code: 'IMAGE_FORMAT' });
  });

  it('of one and four bits, of a palette, of inks and of CIELab are read by their meaning', async () => {
    const bits = await file(tiffRow(16, Uint8Array.of(0b10101010, 0b11110000), { bits: 1 }));
    await expectGrey(bits, [...Array<number[]>(4).fill([255, 0]).flat(), ...[255, 255, 255, 255, 0, 0, 0, 0]]);
    const nibbles = await file(tiffRow(16, Buffer.from('0123456789abcdef', 'hex'), { bits: 4 }));
    await expectGrey(nibbles, LEVELS);
    const palette = [0, 1, 2].flatMap((c) =>
      Array.from({ length: 256 }, (_, i) => (i === 7 ? [65535, 32896, 0][c]! : 0)),
    );
    const indexed = await readPicture(
      await file(tiffRow(2, Uint8Array.of(7, 0), { bits: 8, photometric: 3, palette })),
    );
    expect([...indexed.data]).toEqual([255, 128, 0, 255, 0, 0, 0, 255]);
    for (const type of ['u8', 'u16']) {
      const { data } = await readPicture(await row(type, { channels: 4, photometric: 5 }));
      const red = SHADES.map((_, i) => data[4 * i]!);
      expect([red[0], red[15]]).toEqual([255, 0]);
      red.slice(1).forEach((level, i) => expect(level).toBeLessThanOrEqual(red[i]!));
    }
    const lab = Uint16Array.from([0, 0, 0, 32768, 0, 0, 65535, 0, 0]);
    const shades = await readPicture(
      await file(tiffRow(3, new Uint8Array(lab.buffer), { bits: 16, channels: 3, photometric: 8 })),
    );
    // L* 50 is a luminance of 0.184, which is level 119 of sRGB.
    [0, 119, 255].forEach((level, i) => expect(Math.abs(shades.data[4 * i]! - level)).toBeLessThanOrEqual(1));
  });
});
