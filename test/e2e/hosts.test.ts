import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededPicture } from '../../truth/seeded_weights.js';
import { openPage, PRESENTING, ROOT, startChromium, type Chromium, type Watch } from './chromium.js';
import { farthest, opaque } from './midas.js';
import { ServedFiles, serveSource, type Served } from './servers.js';

const WEIGHTS = '/nano.safetensors';
const [WIDTH, HEIGHT] = [64, 48];

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  const files = new ServedFiles().add(WEIGHTS, readFileSync(join(ROOT, 'models/nano.safetensors')));
  [chromium, served] = await Promise.all([startChromium(PRESENTING), serveSource(files, 'test/e2e/page')]);
  ({ page, watch } = await openPage(chromium.browser));
  await page.goto(served.url);
  await page.waitForFunction(() => 'door' in window);
  console.log(`adapter: ${await page.evaluate((url) => window.door.load(url), WEIGHTS)}`);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

const picture = { width: WIDTH, height: HEIGHT, data: Array.from(opaque(seededPicture('host', HEIGHT, WIDTH))) };

describe('a page that draws with WebGPU', () => {
  it('records depth of an external texture, which prepare got ready for', async () => {
    const { codes, encoded, estimated } = await page.evaluate((of) => window.door.encodeExternal(of), picture);
    expect(codes).toEqual(['OPTION_SOURCE', 'OPTION_SOURCE_SIZE', null]);
    expect(encoded).toHaveLength(WIDTH * HEIGHT);
    expect(new Set(encoded).size).toBeGreaterThan(500);
    expect(farthest(encoded, estimated)).toBe(0);
  });

  it('draws a map on its canvas without reading it back, and on no canvas of others', async () => {
    const { drawn, objects, codes } = await page.evaluate((of) => window.door.drawOnGpu(of), picture);
    for (const { canvas, colors } of drawn) {
      expect(new Set(colors).size).toBeGreaterThan(50);
      expect(canvas).toEqual(colors);
    }
    expect(objects).toBe(0);
    expect(codes).toEqual([
      expect.stringMatching(/^CANVAS_CONTEXT .*neither 2D nor of WebGPU/),
      expect.stringMatching(/^CANVAS_CONTEXT .*not configured/),
      expect.stringMatching(/^CANVAS_CONTEXT .*another GPU device/),
    ]);
  });

  it('leaves the console empty', () => {
    expect(watch.complaints).toEqual([]);
  });
});
