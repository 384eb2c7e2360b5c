import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isPicture, pictureFormat, readPicture } from '../../../src/node/image_file.js';

const WIDTH = 24;
const HEIGHT = 16;
/** A red ramp to the right, a green ramp downwards and a blue corner: no symmetry maps it to itself. */
const RGB = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
  return [10 + x * 10, 5 + y * 15, x < 8 && y < 5 ? 200 : 40][i % 3]!;
});
const picture = () => sharp(RGB, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

/**
 * 8x8 JPEG of the inks (0, 100, 150, 20) of 255, as Pillow 13.0 wrote it. Without a profile they are (235, 143, 97) in
 * RGB; libvips converts by a printing profile, which moves that by 6.
 */
const CMYK =
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAGBAUGBQQGBgUGBwcGCAoQCgoJCQoUDg8MEBcUGBgXFBYWGh0lHxobIxwWFiA' +
  'sICMmJykqKRkfLTAtKDAlKCko/8AAFAgA' +
  'CAAIBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAgFBv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gA' +
  'OBEMATQBZAEsAAD8AVLSIBHv/2Q==';

let folder: string;
let count = 0;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Every file is called .dat, so only its content can tell. */
async function file(content: Uint8Array | string): Promise<string> {
  const path = join(folder, `${count++}.dat`);
  await writeFile(path, content);
  return path;
}

/** Largest difference of the R, G and B of `rgba` from the reference picture; fails when alpha is not 255. */
function difference(rgba: Uint8Array): number {
  let largest = 0;
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    expect(rgba[4 * i + 3]).toBe(255);
    for (let c = 0; c < 3; c++) largest = Math.max(largest, Math.abs(rgba[4 * i + c]! - RGB[3 * i + c]!));
  }
  return largest;
}

const error = (code: string, words: RegExp) =>
  expect.objectContaining({ name: 'ImageError', code, message: expect.stringMatching(words) });

describe('readPicture', () => {
  it('reads every format by content, lossless ones exactly', async () => {
    const lossless = {
      PNG: await picture().png().toBuffer(),
      WebP: await picture().webp({ lossless: true }).toBuffer(),
      TIFF: await picture().tiff({ compression: 'lzw' }).toBuffer(),
      PNM: Buffer.concat([Buffer.from(`P6\n# a comment\n${WIDTH} ${HEIGHT}\n255\n`), RGB]),
    };
    for (const [format, bytes] of Object.entries(lossless)) {
      const path = await file(bytes);
      expect(await pictureFormat(path)).toBe(format);
      const { data, width, height } = await readPicture(path);
      expect([format, width, height, difference(data)]).toEqual([format, WIDTH, HEIGHT, 0]);
    }
    const jpeg = await readPicture(
      await file(await picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()),
    );
    expect(difference(jpeg.data)).toBeLessThanOrEqual(4);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns EXIF orientation %i upright, once', async (orientation) => {
    const swapped = orientation >= 5;
    const [w, h] = swapped ? [HEIGHT, WIDTH] : [WIDTH, HEIGHT];
    const stored = new Uint8Array(RGB.length);
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const flipX = WIDTH - 1 - x;
        const flipY = HEIGHT - 1 - y;
        const [sx, sy] = [
          [x, y],
          [flipX, y],
          [flipX, flipY],
          [x, flipY],
          [y, x],
          [y, flipX],
          [flipY, flipX],
          [flipY, x],
        ][orientation - 1]!;
        stored.set(RGB.subarray((y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3), (sy! * w + sx!) * 3);
      }
    const bytes = await sharp(stored, { raw: { width: w, height: h, channels: 3 } })
      .withMetadata({ orientation })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const { data, width, height } = await readPicture(await file(bytes));
    expect([width, height, difference(data)]).toEqual([WIDTH, HEIGHT, 0]);
  });

  it('drops straight alpha and keeps the colours under it', async () => {
    const rgba = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
      i % 4 === 3 ? (i >> 2) % 256 : RGB[(i >> 2) * 3 + (i % 4)]!,
    );
    const withAlpha = sharp(rgba, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
    expect(difference((await readPicture(await file(await withAlpha.png().toBuffer()))).data)).toBe(0);
    expect(
      difference(
        (await readPicture(await file(await withAlpha.webp({ lossless: true, exact: true }).toBuffer()))).data,
      ),
    ).toBe(0);
  });

  it('spreads grey over three channels, from 8 and from 16 bits', async () => {
    const grey = Uint8Array.from({ length: 256 }, (_, i) => i);
    const eight = await sharp(grey, { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const wide = Uint16Array.from(grey, (v) => v * 257);
    const sixteen = await sharp(wide, { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const pgm = Buffer.concat([Buffer.from('P5 16 16 65535\n'), Buffer.from(wide.buffer).swap16()]);
    expect(await sharp(sixteen).metadata()).toMatchObject({ depth: 'ushort', channels: 1 });
    for (const bytes of [eight, sixteen, pgm]) {
      const { data } = await readPicture(await file(bytes));
      expect([...data]).toEqual([...grey].flatMap((v) => [v, v, v, 255]));
    }
  });

  it('takes the first byte of a 16-bit PNM sample for the upper one, and scales by the maximum', async () => {
    const wide = Buffer.concat([
      Buffer.from('P5 4 1 65535\n'),
      Buffer.from([0x12, 0xff, 0xff, 0x12, 0, 0xff, 0x80, 0]),
    ]);
    const red = async (bytes: Buffer) => (await readPicture(await file(bytes))).data.filter((_, i) => i % 4 === 0);
    expect([...(await red(wide))]).toEqual([19, 254, 1, 128]);
    const ten = Buffer.concat([Buffer.from('P5 3 1 1023\n'), Buffer.from([3, 0xff, 1, 0, 0, 4])]);
    expect([...(await red(ten))]).toEqual([255, 64, 1]);
  });

  it('reads 16-bit colour', async () => {
    const wide = Uint16Array.from(RGB, (v) => v * 257);
    const bytes = await sharp(wide, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ depth: 'ushort', channels: 3 });
    expect(difference((await readPicture(await file(bytes))).data)).toBe(0);
  });

  it('converts Display P3 and CMYK to sRGB', async () => {
    const away = (pixel: Uint8Array, colour: number[]) =>
      Math.max(...colour.map((value, c) => Math.abs(pixel[c]! - value)));
    const colour = [200, 110, 60];
    const flat = sharp(
      Uint8Array.from({ length: 192 }, (_, i) => colour[i % 3]!),
      { raw: { width: 8, height: 8, channels: 3 } },
    );
    const p3 = await flat.withIccProfile('p3').png().toBuffer();
    expect(away(await sharp(p3, { ignoreIcc: true }).raw().toBuffer(), colour)).toBeGreaterThan(9);
    expect(away((await readPicture(await file(p3))).data, colour)).toBeLessThanOrEqual(1);

    const cmyk = await readPicture(await file(Buffer.from(CMYK, 'base64')));
    expect(away(cmyk.data, [235, 143, 97])).toBeLessThanOrEqual(8);
  });

  it('refuses a JPEG cut short anywhere', async () => {
    const whole = await picture().jpeg().toBuffer();
    for (const kept of [0.2, 0.5, 0.9].map((share) => Math.floor(whole.length * share)).concat(whole.length - 4)) {
      const path = await file(whole.subarray(0, kept));
      await expect(readPicture(path), `${kept}`).rejects.toEqual(error('IMAGE_DECODE', /JPEG/));
    }
  });

  it('reads a JPEG that lacks only its end marker, and says so; with a scan missing it is cut short', async () => {
    for (const progressive of [false, true]) {
      const whole = await picture().jpeg({ progressive }).toBuffer();
      const expected = await readPicture(await file(whole));
      for (const lacking of [1, 2]) {
        const onWarning = vi.fn();
        const path = await file(whole.subarray(0, -lacking));
        expect(await readPicture(path, { onWarning })).toEqual(expected);
        expect(onWarning.mock.calls).toEqual([
          [{ code: 'IMAGE_DECODE', message: `${path}: lacks its end marker, and is whole otherwise.` }],
        ]);
      }
      const onWarning = vi.fn();
      await readPicture(await file(Buffer.concat([whole, Buffer.alloc(5)])), { onWarning });
      // A film, as photographs that move have it, is no part of the JPEG.
      for (const behind of ['x', 'ftypmp42 '.repeat(9), '\xff\xd8\xff'])
        await readPicture(await file(Buffer.concat([whole, Buffer.from(behind, 'latin1')])), { onWarning });
      expect(onWarning).not.toHaveBeenCalled();
      const lastScan = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
      const scans = whole.toString('latin1').split('\xff\xda').length - 1;
      expect(scans > 1).toBe(progressive);
      if (progressive) {
        // Before the tables of the last scan.
        const tables = whole.lastIndexOf(Buffer.from([0xff, 0xc4]), lastScan);
        const cut = await file(whole.subarray(0, tables));
        await expect(readPicture(cut)).rejects.toEqual(error('IMAGE_DECODE', /JPEG/));
      }
    }
  });

  it('refuses a PNG, a WebP and a PPM cut short', async () => {
    for (const whole of [
      await picture().png().toBuffer(),
      await picture().webp().toBuffer(),
      Buffer.concat([Buffer.from('P6 24 16 255\n'), RGB]),
    ]) {
      const path = await file(whole.subarray(0, -20));
      await expect(readPicture(path)).rejects.toEqual(error('IMAGE_DECODE', /cannot be decoded|samples/));
    }
  });

  it('says what a file is that it does not read', async () => {
    const jxl = await file(Buffer.from('\xff\x0a', 'latin1'));
    await expect(readPicture(jxl)).rejects.toEqual(error('IMAGE_FORMAT', /JPEG XL.*convert/));
    for (const [text, name] of [
      ['P3\n1 1\n255\n1 2 3\n', 'plain PNM'],
      ['P1 # drawn\n1 1\n1', 'PBM'],
      ['P4 8 1\n\xff', 'PBM'],
      ['Pf\n1 1\n-1\n\0\0\0\0', 'PFM'],
      ['v/1\x01\x02\0\0\0', 'OpenEXR'],
      ['#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n', 'Radiance'],
      ['<svg xmlns="http://www.w3.org/2000/svg">', 'SVG'],
    ] as const)
      await expect(readPicture(await file(Buffer.from(text, 'latin1')))).rejects.toEqual(
        error('IMAGE_FORMAT', new RegExp(`is a ${name} picture, .*convert`)),
      );
    for (const text of ['P3 is the third point', 'P1\tof', 'Pf', '<svgx'])
      await expect(readPicture(await file(text))).rejects.toEqual(error('IMAGE_DECODE', /not a picture/));
    expect(await isPicture(jxl)).toBe(false);
    await expect(readPicture(await file('just text'))).rejects.toEqual(error('IMAGE_DECODE', /not a picture/));
    await expect(readPicture(await file(''))).rejects.toEqual(error('IMAGE_DECODE', /empty/));
    await expect(readPicture(join(folder, 'missing.png'))).rejects.toEqual(error('IMAGE_READ', /missing\.png.*ENOENT/));
    await expect(pictureFormat(join(folder, 'missing.png'))).rejects.toEqual(error('IMAGE_READ', /ENOENT/));
  });

  it('reads PPM without sharp, and asks for it where it is needed', async () => {
    const png = await file(await picture().png().toBuffer());
    const ppm = await file(Buffer.concat([Buffer.from(`P6 ${WIDTH} ${HEIGHT} 255\n`), RGB]));
    vi.doMock('sharp', () => {
      throw new Error('Cannot find package');
    });
    try {
      expect(difference((await readPicture(ppm)).data)).toBe(0);
      await expect(readPicture(png)).rejects.toEqual(error('IMAGE_DECODER', /npm install sharp/));
    } finally {
      vi.doUnmock('sharp');
    }
    expect(difference((await readPicture(png)).data)).toBe(0);
  });

  it('refuses more pixels than it can hold, with both numbers', async () => {
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'black' } })
      .png()
      .toBuffer();
    png.writeUInt32BE(20000, 16);
    png.writeUInt32BE(20000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await expect(readPicture(await file(png))).rejects.toEqual(
      expect.objectContaining({ code: 'IMAGE_SIZE', expected: 2 ** 28, actual: 4e8 }),
    );
  });
});

describe('pictureFormat', () => {
  it('tells an AVIF from a HEIC with the same major brand', async () => {
    const box = (brands: string) => Buffer.concat([Buffer.from([0, 0, 0, 28]), Buffer.from(`ftyp${brands}`)]);
    expect(await pictureFormat(await file(box('mif1\0\0\0\0mif1avifmiaf')))).toBe('AVIF');
    expect(await pictureFormat(await file(box('mif1\0\0\0\0mif1heicmiaf')))).toBe('HEIC');
  });

  it('takes nothing else for a picture', async () => {
    for (const text of ['', 'B', 'BMW drives', 'P6x', 'RIFF....WAVE', '<svg/>', '%PDF-1.7', 'GIF', 'II']) {
      expect(await pictureFormat(await file(text)), text).toBeUndefined();
    }
  });
});
