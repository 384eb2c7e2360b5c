import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { exifFocalLength, exifOfJpeg } from '../../../src/image/exif.js';
import { fileFocalLength } from '../../../src/image/file_focal.js';
import { pictureOf } from '../../../src/node/image_file.js';

const SIZE = { width: 40, height: 30 };
const plain = () => sharp({ create: { ...SIZE, channels: 3, background: '#456' } });
const tagged = () => plain().withExif({ IFD2: { FocalLengthIn35mmFilm: '27' } });

describe('the focal length of EXIF data', () => {
  it('is the longer side times the millimetres on film over 36, of files and of pictures read', async () => {
    const jpeg = await tagged().jpeg().toBuffer();
    expect(exifFocalLength(exifOfJpeg(jpeg), SIZE)).toBe((40 * 27) / 36);
    expect(await fileFocalLength(new Blob([Uint8Array.from(jpeg)]), SIZE)).toBe(30);
    expect((await pictureOf(jpeg, 'a.jpg')).focalLength).toBe(30);
    expect((await pictureOf(await tagged().webp().toBuffer(), 'a.webp')).focalLength).toBe(30);
  });

  it('is not there without them, in other files, and where they end too early', async () => {
    const bare = await plain().jpeg().toBuffer();
    expect(exifOfJpeg(bare)).toBeUndefined();
    expect((await pictureOf(bare, 'a.jpg')).focalLength).toBeUndefined();
    expect(await fileFocalLength(new Blob([await plain().png().toBuffer()] as BlobPart[]), SIZE)).toBeUndefined();
    const exif = exifOfJpeg(await tagged().jpeg().toBuffer())!;
    for (let length = 0; length < exif.length; length++) {
      const found = exifFocalLength(exif.subarray(0, length), SIZE);
      expect([undefined, 30]).toContain(found);
    }
    for (let i = 0; i < exif.length; i++) {
      const broken = Uint8Array.from(exif);
      broken[i] = 0xff;
      expect(() => exifFocalLength(broken, SIZE)).not.toThrow();
    }
  });
});
