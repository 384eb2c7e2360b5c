import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { withJfif } from '../../../src/image/jfif.js';

const PICTURE = join(import.meta.dirname, '../../fixtures/nano/room.png');
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
/** As cameras write it: EXIF first. */
const camera = () => sharp(PICTURE).withMetadata({ orientation: 6 }).jpeg().toBuffer();
const blob = (bytes: Uint8Array) => new Blob([Uint8Array.from(bytes)], { type: 'image/jpeg' });
const ADOBE = [0xff, 0xee, 0, 14, ...new TextEncoder().encode('Adobe'), 0, 100, 0, 0, 0, 0];

/** The camera's file with a segment put before the rest. */
async function behind(segment: readonly number[]): Promise<Blob> {
  const jpeg = await camera();
  return blob(Uint8Array.of(...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)));
}

describe('withJfif', () => {
  it('gives a JPEG of a camera the header, and leaves pixels and orientation alone', async () => {
    const jpeg = await camera();
    expect(jpeg.subarray(2, 4).toString('hex')).toBe('ffe1');
    const headed = (await withJfif(blob(jpeg)))!;
    expect(headed.type).toBe('image/jpeg');
    const bytes = await bytesOf(headed);
    expect(String.fromCharCode(...bytes.subarray(6, 10))).toBe('JFIF');
    expect(bytes.subarray(20)).toEqual(new Uint8Array(jpeg.subarray(2)));
    expect(await sharp(bytes).metadata()).toMatchObject({ orientation: 6 });
    expect((await sharp(bytes).raw().toBuffer()).equals(await sharp(jpeg).raw().toBuffer())).toBe(true);
  });

  it('takes a transform to Y, Cb and Cr that Adobe names', async () => {
    expect(await withJfif(await behind([...ADOBE, 1]))).toBeInstanceOf(Blob);
  });

  it('leaves alone what has the header, stores red, green and blue, is cut short or is no JPEG', async () => {
    expect(await withJfif((await withJfif(blob(await camera())))!)).toBeUndefined();
    expect(await withJfif(await behind([...ADOBE, 0]))).toBeUndefined();
    const named = new Uint8Array(await camera());
    const frame = Buffer.from(named).indexOf(Buffer.from('ffc0', 'hex'));
    [...'RGB'].forEach((name, i) => (named[frame + 10 + 3 * i] = name.charCodeAt(0)));
    expect(await withJfif(blob(named))).toBeUndefined();
    expect(await withJfif(blob((await camera()).subarray(0, 100)))).toBeUndefined();
    expect(await withJfif(blob(new TextEncoder().encode('no picture')))).toBeUndefined();
    expect(await withJfif(new Blob([]))).toBeUndefined();
  });
});
