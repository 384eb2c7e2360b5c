import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, PRESENTING, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { textOf } from '../e2e/demo_page.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  [chromium, served] = await Promise.all([startChromium(PRESENTING), serveBuilt(new ServedFiles())]);
  ({ page, watch } = await openPage(chromium.browser));
  await page.setViewport({ width: 1280, height: 800 });
  // The page draws on a canvas of WebGPU where the adapter says nothing of software, as those of GPUs do.
  await page.evaluateOnNewDocument(() => {
    for (const name of ['vendor', 'architecture', 'device', 'description'])
      Object.defineProperty(GPUAdapterInfo.prototype, name, { get: () => 'pretended' });
    Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });
  });
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

/** What is seen in the frame, [height,width,3] at a small size. */
async function seen(): Promise<Uint8Array> {
  const clip = (await (await page.$('#map-frame'))!.boundingBox())!;
  return sharp(await page.screenshot({ clip }))
    .removeAlpha()
    .resize(80, 60, { fit: 'fill' })
    .raw()
    .toBuffer();
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

/** Waits for a frame that differs from one; gives it. */
async function other(from: Uint8Array): Promise<Uint8Array> {
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await seen();
    if (meanDifference(now, from) > 1) return now;
  }
  throw new Error('The frame stays as it was.');
}

describe('the demo on a canvas of WebGPU', () => {
  let picture: Uint8Array;
  it('shows the picture in 3-D, which moves with the pointer', async () => {
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(`${served.url}#size=128`);
    picture = await seen();
    await page.waitForSelector('#map-frame.drawn', { timeout: 100_000 });
    expect(await page.$eval('#scene', (canvas) => (canvas as HTMLElement).hidden)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const front = await seen();
    // The same picture, a little larger.
    expect(meanDifference(front, picture)).toBeLessThan(20);
    await page.emulateMediaFeatures([]);
    const box = (await (await page.$('#map-frame'))!.boundingBox())!;
    await page.mouse.move(box.x + 10, box.y + 10);
    expect(meanDifference(await other(front), front)).toBeLessThan(30);
  });

  it.each(['mesh', 'stereo', 'focus', 'normals', 'parallax'])('shows the view %s', async (view) => {
    const before = await seen();
    await page.click(`[for=view-${view}]`);
    await other(before);
    expect(await textOf(page, '#error')).toBe('');
    expect(await page.$eval('#scene', (canvas) => (canvas as HTMLElement).hidden)).toBe(view === 'normals');
  });

  it('leaves the console empty', () => expect(watch.complaints).toEqual([]));
});
