import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareMaps } from '../../truth/compare_maps.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import { fixtures, recordedStages } from '../models/fixtures.js';
import { tinyDepthAnything3 } from '../unit/model/tiny_depth_anything_3.js';
import { openPage, startChromium, type Chromium, type Watch } from './chromium.js';
import { farthest, midasWeights, opaque } from './midas.js';
import type { Pixels } from './page/door.js';
import { ServedFiles, serveSource, type Served } from './servers.js';
import { streamCases } from './stream_cases.js';

const WEIGHTS = '/midas.safetensors';
/** Most bytes of one entry of the Cache API. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** Side of the pictures, which is the network's too: nothing is resized. */
const SIDE = 64;

let chromium: Chromium;
let served: Served;
let files: ServedFiles;
let page: Page;
let watch: Watch;
let weights: Uint8Array;

beforeAll(async () => {
  weights = midasWeights('F32');
  files = new ServedFiles().add(WEIGHTS, weights);
  [chromium, served] = await Promise.all([startChromium(), serveSource(files, 'test/e2e/page')]);
  ({ page, watch } = await openPage(chromium.browser));
  await page.goto(served.url);
  await page.waitForFunction(() => 'door' in window);
  console.log(`adapter: ${await page.evaluate((url) => window.door.load(url), WEIGHTS)}`);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

function pixels(width: number, height: number): Pixels {
  return { width, height, data: Array.from(opaque(seededPicture('door', height, width))) };
}

describe('the public door in Chromium', () => {
  it('computes what the published code computes', async () => {
    const name = 'midas-v2.1-small-128x128';
    const { input, width, height } = fixtures()[name]!;
    const map = await page.evaluate((...of) => window.door.runSeeded(...of), input, height, width);
    const error = compareMaps(map, recordedStages(name).get('output')!);
    console.log(`MiDaS small: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
    expect(error.max).toBeLessThanOrEqual(1e-4);
    expect(error.mean).toBeLessThanOrEqual(1e-5);
  });

  it(
    'gives the same map for the same pixels from every source, equal to the network on ' + 'pixels normalised by hand',
    async () => {
      const picture = pixels(SIDE, SIDE);
      const maps = await page.evaluate((of) => window.door.estimateEverySource(of), picture);
      const tensor = await page.evaluate((...of) => window.door.runTensor(...of), normalized(picture), SIDE, SIDE);
      expect(Object.keys(maps)).toHaveLength(11);
      for (const [source, map] of Object.entries(maps)) {
        expect(farthest(map, tensor), source).toBeLessThanOrEqual(1e-4);
        expect(farthest(map, maps['ImageData']!), `${source} against ImageData`).toBe(0);
      }
    },
  );

  it('takes video where the queue refuses it with a TypeError, as Firefox does', async () => {
    const of = pixels(SIDE, SIDE);
    const maps = await page.evaluate((...args) => window.door.estimateVideo(...args), WEIGHTS, of, true);
    expect(maps.refused).toBeGreaterThan(0);
    expect(farthest(maps.video, maps.drawn)).toBe(0);
    expect(farthest(maps.frame, maps.still)).toBe(0);
  });

  streamCases(
    {
      file: () => page.evaluate(() => window.door.streamFile()),
      track: (plain) => page.evaluate((of) => window.door.streamTrack(of), plain),
      canvas: () => page.evaluate(() => window.door.streamCanvas()),
      frames: () => page.evaluate(() => window.door.streamFrames()),
    },
    SIDE,
  );

  it('turns a JPEG as its EXIF orientation says, once', async () => {
    const { tagged, turned } = await page.evaluate((of) => window.door.estimateTurned(of), pixels(SIDE, 48));
    expect(farthest(tagged, turned)).toBe(0);
  });

  it('takes the focal length of EXIF data for metres, of what comes as a file', async () => {
    const raw = { width: SIDE, height: 48, channels: 3 as const };
    const jpeg = sharp(seededPicture('camera', 48, SIDE), { raw }).jpeg();
    files.add('/metric.safetensors', tinyDepthAnything3());
    files.add('/bare.jpg', await jpeg.toBuffer());
    files.add('/camera.jpg', await jpeg.withExif({ IFD2: { FocalLengthIn35mmFilm: '27' } }).toBuffer());
    const metres = (url: string, focalLength?: number) =>
      page.evaluate((...of) => window.door.estimateMetres(...of), '/metric.safetensors', url, focalLength);
    const [bare, camera, told] = [
      await metres('/bare.jpg'),
      await metres('/camera.jpg'),
      await metres('/bare.jpg', 48),
    ];
    const unknown = 'OPTION_FOCAL_LENGTH';
    expect(bare).toEqual({ url: unknown, blob: unknown, bitmap: unknown });
    // 27 mm on film that is 36 mm wide, of a picture 64 pixels wide.
    expect(camera).toEqual({ ...told, bitmap: unknown });
    expect(told['url']).toHaveLength(SIDE * 48);
    expect(new Set(told['url'] as number[]).size).toBeGreaterThan(100);
  });

  it('takes the upper bytes of a 16-bit PNG, and refuses floats', async () => {
    const raw = { width: SIDE, height: SIDE, channels: 3 as const };
    const upper = seededPicture('deep', SIDE, SIDE);
    const deep = sharp(
      Uint16Array.from(upper, (byte) => byte * 256 + 200),
      { raw },
    ).toColourspace('rgb16');
    const floats = sharp(
      Float32Array.from(upper, (byte) => byte / 255),
      { raw },
    );
    const pictures = await Promise.all(
      [sharp(upper, { raw }).png(), deep.png(), floats.tiff()].map((of) => of.toBuffer()),
    );
    expect(await sharp(pictures[1]).metadata()).toMatchObject({ format: 'png', depth: 'ushort' });
    const maps = [];
    for (const bytes of pictures) maps.push(await page.evaluate((of) => window.door.estimateEncoded(of), [...bytes]));
    expect(maps[0]).toHaveLength(SIDE * SIDE);
    expect(maps[1]).toEqual(maps[0]);
    expect(maps[2]).toBe('IMAGE_DECODE');
  });

  it('records depth into an rgba16float texture with the encoder of the caller', async () => {
    const picture = pixels(SIDE, SIDE);
    const bits = await page.evaluate((of) => window.door.encodeTexture(of), picture);
    const texels = bits.map(fromF16);
    const channel = (c: number) => texels.filter((_, i) => i % 4 === c);
    const tensor = await page.evaluate((...of) => window.door.runTensor(...of), normalized(picture), SIDE, SIDE);
    expect(farthest(channel(1), tensor)).toBeLessThanOrEqual(2e-3);
    const nearness = channel(0);
    expect(Math.min(...nearness)).toBe(0);
    expect(Math.max(...nearness)).toBe(1);
    const nearest = channel(1).indexOf(Math.max(...channel(1)));
    expect(nearness[nearest]).toBe(1);
  });

  it('keeps the weights in the Cache API and loads them from there', async () => {
    const before = await page.evaluate((...of) => window.door.runSeeded(...of), 'cache', 32, 32);
    expect(files.sent.filter((path) => path === WEIGHTS)).toHaveLength(1);
    const sizes = await page.evaluate(() => window.door.cachedSizes());
    const manifest = Math.min(...sizes);
    expect(sizes.reduce((sum, bytes) => sum + bytes) - manifest).toBe(weights.length);
    // Browsers have trouble with large entries.
    expect(sizes.length - 1).toBe(Math.ceil(weights.length / PIECE_BYTES));
    expect(Math.max(...sizes)).toBe(PIECE_BYTES);
    expect(await page.evaluate(() => window.door.disposeModel()), 'the device of the page outlives the model').toBe(
      true,
    );
    const asked = files.requests.length;
    await page.evaluate((url) => window.door.load(url), WEIGHTS);
    expect(files.requests.slice(asked), 'whether they are still the same').toContain(WEIGHTS);
    expect(files.sent.filter((path) => path === WEIGHTS)).toHaveLength(1);
    expect(await page.evaluate((...of) => window.door.runSeeded(...of), 'cache', 32, 32)).toEqual(before);
  });

  it('leaves the console empty and other origins alone', () => {
    expect(watch.complaints).toEqual([]);
    expect([...watch.origins]).toEqual([new URL(served.url).origin]);
  });
});

/** f32 [1,3,H,W] of a picture in the units MiDaS is trained on (ImageNet mean and standard deviation). */
function normalized({ width, height, data }: Pixels): number[] {
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  return Array.from({ length: 3 * width * height }, (_, i) => {
    const [c, at] = [Math.floor(i / (width * height)), i % (width * height)];
    return ((data[4 * at + c] as number) / 255 - (mean[c] as number)) / (std[c] as number);
  });
}

function fromF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}
