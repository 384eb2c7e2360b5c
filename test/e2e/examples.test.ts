import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, PRESENTING, ROOT, startChromium, type Chromium, type Watch } from './chromium.js';
import { ServedFiles, serveSource, type Served } from './servers.js';

/** Lines that an example may have. */
const MOST_LINES = 80;
/** A rendered scene, and its true depth. */
const PHOTO = join(ROOT, 'test/fixtures/nano/room.png');

let chromium: Chromium;
let served: Served;

beforeAll(async () => {
  chromium = await startChromium(PRESENTING);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

/** RGBA bytes of what the canvas of a page shows. */
async function shown(page: Page): Promise<Buffer> {
  const canvas = (await page.$('canvas'))!;
  return sharp(await canvas.screenshot())
    .ensureAlpha()
    .raw()
    .toBuffer();
}

/** Mean difference of bytes. */
const difference = (a: Buffer, b: Buffer) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / b.length;

describe('examples/raw-webgpu-parallax', () => {
  let page: Page;
  let watch: Watch;

  it('shows the picture, and moves what is near when the pointer does', async () => {
    served = await serveSource(
      new ServedFiles().add('/photo.png', readFileSync(PHOTO)),
      'examples/raw-webgpu-parallax',
    );
    ({ page, watch } = await openPage(chromium.browser));
    await page.goto(served.url);
    await page.waitForSelector('canvas[data-ready]');
    const photo = await sharp(PHOTO).ensureAlpha().raw().toBuffer();
    // What is drawn is shown with the next frame of the page.
    await expect.poll(async () => difference(await shown(page), photo), { timeout: 30_000 }).toBeLessThan(0.5);
    expect(await shown(page)).toHaveLength(photo.length);
    const box = (await (await page.$('canvas'))!.boundingBox())!;
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await expect.poll(async () => difference(await shown(page), photo), { timeout: 30_000 }).toBeGreaterThan(2);
    expect(watch.complaints).toEqual([]);
  });

  it(`is under ${MOST_LINES} lines`, () => {
    const text = readFileSync(join(ROOT, 'examples/raw-webgpu-parallax/parallax.ts'), 'utf8');
    expect(text.split('\n').length).toBeLessThan(MOST_LINES);
  });
});
