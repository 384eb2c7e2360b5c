import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isPicture, readPicture } from '../../../src/node/image_file.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/heic');
const [WIDTH, HEIGHT] = [64, 48];
/** What x265 at quality 90 and its chroma at half the size may change: a mean in levels of 255. */
const CODEC = 3;

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'depthwise-'))));
afterAll(() => rm(folder, { recursive: true }));

/** The scene of tools/fixtures/heic.py. */
function scene(x: number, y: number): [number, number, number] {
  return [10 + 3 * x, 5 + 5 * y, x < 24 && y < 16 ? 200 : 40];
}

/** The scene where its levels are of Display P3, in sRGB: the matrix of CSS Color 4, which clips. */
function sceneOfP3(x: number, y: number): number[] {
  const light = scene(x, y).map((level) =>
    ((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))(level / 255),
  );
  const [r, g, b] = light as [number, number, number];
  return [
    1.2249401762805598 * r - 0.22494017628055996 * g,
    -0.042056954709688163 * r + 1.0420569547096881 * g,
    -0.019637554590334432 * r - 0.078636045550631889 * g + 1.0982736001409663 * b,
  ]
    .map((v) => Math.min(1, Math.max(0, v)))
    .map((v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
}

/** Mean difference from a scene, in levels of 255. */
function difference({ data }: { data: Uint8Array }, scene: (x: number, y: number) => number[]): number {
  let sum = 0;
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    for (const [c, level] of scene(x, y).entries()) sum += Math.abs(data[4 * i + c]! - level);
  }
  return sum / (3 * WIDTH * HEIGHT);
}

const damaged = async (name: string, change: (bytes: Uint8Array) => Uint8Array, of = 'plain') => {
  const path = join(folder, name);
  await writeFile(path, change(readFileSync(join(FIXTURES, `${of}.heic`))));
  return path;
};

describe('HEIC files', () => {
  it.each(['plain', 'ten_bits', 'burst', 'rotated'])('are read, upright and the primary picture: %s', async (name) => {
    const path = join(FIXTURES, `${name}.heic`);
    expect(await isPicture(path)).toBe(true);
    const picture = await readPicture(path);
    expect([picture.width, picture.height]).toEqual([WIDTH, HEIGHT]);
    console.log(`${name}: mean difference of ${difference(picture, scene).toFixed(2)} levels`);
    expect(difference(picture, scene)).toBeLessThan(CODEC);
  });

  it('of Display P3 are converted to sRGB, as other formats are', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => void warnings.push(warning);
    const picture = await readPicture(join(FIXTURES, 'noted.heic'), { onWarning });
    console.log(`noted: mean difference of ${difference(picture, sceneOfP3).toFixed(2)} levels`);
    expect(difference(picture, sceneOfP3)).toBeLessThan(CODEC);
    expect(difference(picture, scene)).toBeGreaterThan(2 * CODEC);
    expect(picture.focalLength).toBeCloseTo((WIDTH * 27) / 36, 6);
    expect(warnings).toEqual([]);
  });

  it('whose profile cannot be used are taken as they are stored, which a warning says', async () => {
    vi.doMock('sharp', () => {
      throw new Error('not installed');
    });
    const warnings: { code: string; message: string }[] = [];
    const picture = await readPicture(join(FIXTURES, 'noted.heic'), { onWarning: (told) => void warnings.push(told) });
    vi.doUnmock('sharp');
    expect(difference(picture, scene)).toBeLessThan(CODEC);
    expect(warnings.map(({ code }) => code)).toEqual(['IMAGE_DECODER']);
    expect(warnings[0]!.message).toMatch(/noted\.heic: its colours are taken as stored, .*"sharp"/);
  });

  it('that are damaged or cut short are an error, and nothing is written', async () => {
    const spies = (['log', 'error', 'warn'] as const).map((name) => vi.spyOn(console, name));
    const wrong: [string, RegExp][] = [
      [await damaged('head.heic', (bytes) => bytes.subarray(0, 40)), /HEIC \(Invalid input/],
      [await damaged('header.heic', (bytes) => bytes.subarray(0, 400)), /HEIC \(Invalid input/],
      [await damaged('end.heic', (bytes) => bytes.subarray(0, -100)), /HEIC \(Invalid input/],
      // The length of a box becomes 805,318,656, for which the decoder throws an error of its own.
      [await damaged('box.heic', (bytes) => bytes.with(377, 48), 'rotated'), /HEIC \(Invalid typed array length/],
    ];
    for (const [path, words] of wrong)
      await expect(readPicture(path)).rejects.toMatchObject({
        name: 'ImageError',
        code: 'IMAGE_DECODE',
        message: expect.stringMatching(words),
      });
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it('of more pixels than are read are refused before they are decoded', async () => {
    const huge = await damaged('huge.heic', (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      // The size of what is coded, and the numerators of what is cut out of it.
      for (const [box, places] of Object.entries({ ispe: [8, 12], clap: [4, 12] }))
        for (const place of places) view.setUint32(Buffer.from(bytes).indexOf(box) + place, 20_000);
      return bytes;
    });
    await expect(readPicture(huge)).rejects.toMatchObject({ name: 'ImageError', code: 'IMAGE_SIZE' });
  });

  it('name the package that they need where it is missing', async () => {
    vi.doMock('libheif-js/wasm-bundle.js', () => {
      throw new Error('not installed');
    });
    await expect(readPicture(join(FIXTURES, 'plain.heic'))).rejects.toMatchObject({
      code: 'IMAGE_DECODER',
      message: expect.stringContaining('npm install libheif-js'),
    });
    vi.doUnmock('libheif-js/wasm-bundle.js');
  });
});
