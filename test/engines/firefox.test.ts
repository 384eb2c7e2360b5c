import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPicture } from '../../src/node/image_file.js';
import { compareMaps } from '../../truth/compare_maps.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import { openPage, ROOT, type Watch } from '../e2e/chromium.js';
import { firefoxPath, startFirefox, type Firefox } from '../e2e/firefox.js';
import { farthest, midasWeights, opaque } from '../e2e/midas.js';
import type { Pixels } from '../e2e/page/door.js';
import { ServedFiles, serveSource, type Served } from '../e2e/servers.js';
import { fixtures, recordedStages } from '../models/fixtures.js';
import { NANO_FOLDER, nanoReference } from '../models/nano_reference.js';

/** `npm run test:firefox` runs all of it and needs Firefox; `npm test` the short form, where Firefox is there. */
const ALL = process.env['DEPTHWISE_ENGINES'] === 'all';
const RUNS = ALL || firefoxPath !== undefined;
if (!RUNS)
  console.warn('SKIPPED: there is no Firefox here. npm run test:firefox installs it, where it may, and runs all.');

const NANO = '/nano.safetensors';
const MIDAS = '/midas.safetensors';
/** Bounds on maps, in units of the range of the reference. */
const BOUNDS = { max: 1e-4, mean: 1e-5 };
const SIDE = 64;
const PICTURE = pixels(SIDE, SIDE);

function pixels(width: number, height: number): Pixels {
  return { width, height, data: Array.from(opaque(seededPicture('door', height, width))) };
}

let firefox: Firefox;
let files: ServedFiles;
let nano: Uint8Array;
beforeAll(async () => {
  if (!RUNS) return;
  nano = await readFile(join(ROOT, 'models/nano.safetensors'));
  files = new ServedFiles().add(NANO, nano);
  if (ALL) files.add(MIDAS, midasWeights('F32'));
  firefox = await startFirefox();
  console.log(await firefox.browser.version());
});
afterAll(() => firefox?.close());

function expectNear(what: string, map: ArrayLike<number>, reference: ArrayLike<number>): void {
  const error = compareMaps(map, reference);
  console.log(`${what}: max ${error.max.toExponential(2)} mean ${error.mean.toExponential(2)}`);
  expect(error.max, what).toBeLessThanOrEqual(BOUNDS.max);
  expect(error.mean, what).toBeLessThanOrEqual(BOUNDS.mean);
}

describe.skipIf(!RUNS)('the public door in Firefox', () => {
  let served: Served;
  let page: Page;
  let watch: Watch;
  beforeAll(async () => {
    served = await serveSource(files, 'test/e2e/page');
    ({ page, watch } = await openPage(firefox.browser));
    await page.goto(served.url);
    await page.waitForFunction(() => 'door' in window);
    console.log(`adapter: ${await page.evaluate((url) => window.door.load(url), NANO)}`);
  });
  afterAll(() => served?.close());

  it('computes what the PyTorch model of nano computes', async () => {
    const picture = await readPicture(join(NANO_FOLDER, 'room.png'));
    const { tensor, H, W, output } = nanoReference('room', picture);
    expectNear('nano', await page.evaluate((...of) => window.door.runTensor(...of), [...tensor], H, W), output);
  });

  it('draws on a canvas the colours of the map', async () => {
    const { colors, drawn } = await page.evaluate((of) => window.door.draw(of), PICTURE);
    expect(new Set(new Uint32Array(Uint8Array.from(drawn).buffer)).size).toBeGreaterThan(20);
    expect(drawn).toEqual(colors);
  });

  it('takes a video and a VideoFrame, which the queue refuses', async () => {
    const maps = await page.evaluate((...of) => window.door.estimateVideo(...of), NANO, PICTURE, false);
    expect(maps.refused).toBeGreaterThan(0);
    expect(farthest(maps.video, maps.drawn)).toBe(0);
    expect(farthest(maps.frame, maps.still)).toBe(0);
  });

  it('follows the camera', async () => {
    const { maps, width, height } = await page.evaluate((frames) => window.door.estimateCamera(frames), 2);
    expect(maps.map((map) => map.length)).toEqual([width * height, width * height]);
    for (const map of maps) {
      expect(map.every(Number.isFinite)).toBe(true);
      expect(new Set(map).size).toBeGreaterThan(20);
    }
  });

  it('opens a new device after one was lost, and gives the same map', async () => {
    const { before, lost, after, replaced } = await page.evaluate(
      (...of) => window.door.loseDevice(...of),
      NANO,
      PICTURE,
    );
    expect({ lost, replaced }).toEqual({ lost: 'DEVICE_LOST', replaced: true });
    expect(farthest(after, before)).toBe(0);
  });

  it('keeps the weights, lists them and sends for them once', async () => {
    const kept = await page.evaluate(() => window.door.keptWeights());
    expect(kept.map(({ source, bytes }) => [new URL(source).pathname, bytes])).toContainEqual([NANO, nano.length]);
    expect(files.sent.filter((path) => path === NANO)).toHaveLength(1);
  });

  it('turns a JPEG as its EXIF orientation says, once', async () => {
    const { tagged, turned } = await page.evaluate((of) => window.door.estimateTurned(of), pixels(SIDE, 48));
    expect(farthest(tagged, turned)).toBe(0);
  });

  describe.runIf(ALL)('in full', () => {
    it('gives the same map for the same pixels from every source', async () => {
      const maps = await page.evaluate((of) => window.door.estimateEverySource(of), PICTURE);
      expect(Object.keys(maps)).toHaveLength(11);
      for (const [source, map] of Object.entries(maps)) expect(farthest(map, maps['ImageData']!), source).toBe(0);
    });

    it('computes what the published code of MiDaS small computes', async () => {
      const name = 'midas-v2.1-small-128x128';
      const { input, width, height } = fixtures()[name]!;
      await page.evaluate((url) => window.door.load(url), MIDAS);
      const map = await page.evaluate((...of) => window.door.runSeeded(...of), input, height, width);
      expectNear('MiDaS small', map, recordedStages(name).get('output')!);
    });
  });

  it('leaves the console empty and other origins alone', () => {
    expect(watch.complaints).toEqual([]);
    expect([...watch.origins]).toEqual([new URL(served.url).origin]);
  });
});
