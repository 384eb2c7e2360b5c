import { join } from 'node:path';
import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, PRESENTING, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { textOf } from '../e2e/demo_page.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { smallPicture } from '../e2e/view_frames.js';

let chromium: Chromium;
let served: Served;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  // Small, so that a sway of seconds has many frames on a processor too.
  const { png } = await smallPicture(join(ROOT, 'demo/public/sample.jpg'), 192, 144);
  const files = new ServedFiles().add('/picture.png', png);
  [chromium, served] = await Promise.all([startChromium(PRESENTING), serveBuilt(files)]);
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
  /** Seen from where the picture was taken. */
  let front: Uint8Array;
  it('shows the picture in 3-D, which moves with the pointer', async () => {
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.goto(`${served.url}?image=/picture.png#size=128`);
    picture = await seen();
    await page.waitForSelector('#map-frame.drawn', { timeout: 100_000 });
    expect(await page.$eval('#scene', (canvas) => (canvas as HTMLElement).hidden)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    front = await seen();
    // The same picture, a little larger.
    expect(meanDifference(front, picture)).toBeLessThan(20);
    await page.emulateMediaFeatures([]);
    const box = (await (await page.$('#map-frame'))!.boundingBox())!;
    await page.mouse.move(box.x + 10, box.y + 10);
    expect(meanDifference(await other(front), front)).toBeLessThan(30);
  });

  /** How far frames are from the first one, from when an estimate is asked for until they have come to rest. */
  const afterEstimate = async () => {
    await page.evaluate(() => (document.querySelector('#status')!.textContent = ''));
    await page.$eval('#estimate', (button) => (button as HTMLElement).click());
    const away: number[] = [];
    const isDone = () => page.$eval('#status', ({ textContent }) => textContent.startsWith('Depth estimated'));
    await page.$eval('#map-frame', (frame) => {
      window.changes = 0;
      new MutationObserver(() => window.changes++).observe(frame, { attributeFilter: ['class'] });
    });
    const state = () =>
      page.$eval('#map-frame', ({ classList }) => ({ drawn: classList.contains('drawn'), changes: window.changes }));
    for (let still = 0; still < 8;) {
      const [done, before] = [await isDone(), await state()];
      const shot = await seen();
      const { drawn, changes } = await state();
      // In between the picture itself is on show.
      if (!drawn || changes !== before.changes) continue;
      away.push(meanDifference(shot, front));
      still = done && away.at(-1) === away.at(-2) ? still + 1 : 0;
    }
    return away;
  };

  it('sways by itself, once and where motion is welcome, and comes to rest as the picture is', async () => {
    await page.mouse.move(2, 2);
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await expect.poll(async () => meanDifference(await seen(), front), { timeout: 60_000 }).toBe(0);
    expect(Math.max(...(await afterEstimate())), 'not welcome').toBe(0);
    await page.emulateMediaFeatures([]);
    const away = await afterEstimate();
    expect(Math.max(...away), 'it moved').toBeGreaterThan(0.5);
    expect(away.at(-1), 'it came to rest').toBeLessThan(0.1);
    expect(Math.max(...(await afterEstimate())), 'once').toBeLessThan(0.1);
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

declare global {
  interface Window {
    /** How often the frame has changed between the picture and what is drawn. */
    changes: number;
  }
}
