import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeHeif, isHeif, type Libheif } from '../../../src/heif/index.js';
import { fileFocalLength } from '../../../src/image/file_focal.js';
import { decodeRefused } from '../../../src/image/refused.js';
import { heifNotes } from '../../../src/image/heif_items.js';
import { readPicture } from '../../../src/node/image_file.js';

const at = (name: string) => join(import.meta.dirname, '../../fixtures/heic', `${name}.heic`);
const bytesOf = (name: string) => new Uint8Array(readFileSync(at(name)));
const SAMPLE = join(import.meta.dirname, '../../../docs/sample.jpg');
const SIZE = { width: 64, height: 48 };
/** 27 mm on film of 36, of the longer side. */
const FOCAL = (64 * 27) / 36;

describe('what a HEIC file says beside its pixels', () => {
  it('is the focal length of its EXIF data, in files, in Node and where a page decodes it', async () => {
    const file = new File([bytesOf('noted')], 'noted.heic');
    expect(await fileFocalLength(file, SIZE)).toBe(FOCAL);
    expect((await readPicture(at('noted'))).focalLength).toBe(FOCAL);
    const { data, focalLength, ...size } = await decodeHeif(file);
    expect({ focalLength, width: size.width, height: size.height }).toEqual({ focalLength: FOCAL, ...SIZE });
    expect(data).toHaveLength(4 * 64 * 48);
  });

  it('is the profile of its colours', async () => {
    const p3 = await sharp({ create: { ...SIZE, channels: 3, background: '#456' } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    expect(heifNotes(bytesOf('noted')).profile).toEqual(new Uint8Array((await sharp(p3).metadata()).icc!));
  });

  it.each(['plain', 'ten_bits', 'burst', 'rotated'])('is no focal length and no profile in %s', async (name) => {
    expect(await fileFocalLength(new Blob([bytesOf(name)]), SIZE)).toBeUndefined();
    expect((await decodeHeif(new Blob([bytesOf(name)]))).focalLength).toBeUndefined();
    expect(heifNotes(bytesOf(name)).profile).toBeUndefined();
  });

  it('is left out where the file ends too early or is damaged', () => {
    const whole = bytesOf('noted');
    // Whatever is thrown fails the test.
    for (let length = 0; length < whole.length; length++) heifNotes(whole.subarray(0, length));
    for (const value of [0, 0xff]) for (let i = 0; i < whole.length; i++) heifNotes(whole.with(i, value));
  });
});

describe('the door of HEIC pictures', () => {
  it('knows them by their first bytes', async () => {
    expect(await isHeif(new Blob([bytesOf('burst')]))).toBe(true);
    expect(await isHeif(new Blob([readFileSync(SAMPLE)]))).toBe(false);
    expect(await isHeif(new Blob())).toBe(false);
  });

  it('is named where a browser has refused such a picture, and for no other', async () => {
    const refuse = (bytes: Uint8Array<ArrayBuffer>) =>
      decodeRefused(new File([bytes], 'a.heic'), {}, new Error('no')).catch((error: unknown) => error);
    const fault = await refuse(bytesOf('plain'));
    expect(fault).toMatchObject({
      code: 'IMAGE_DECODE',
      hint: expect.stringContaining('decodeHeif of depthwise/heif'),
    });
    expect(await refuse(Uint8Array.of(1, 2, 3))).toMatchObject({ code: 'IMAGE_DECODE', hint: undefined });
  });

  it('takes the build without WebAssembly, and checks its options', async () => {
    const libheif = (await import('libheif-js/index.js')).default as Libheif;
    expect((await decodeHeif(bytesOf('ten_bits'), { libheif })).data).toEqual(
      (await decodeHeif(bytesOf('ten_bits'))).data,
    );
    const misspelt = { libHeif: libheif } as object;
    await expect(decodeHeif(bytesOf('plain'), misspelt)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' });
  });
});
