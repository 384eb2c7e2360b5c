import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { midasWeights } from '../e2e/midas.js';
import { ServedFiles, serveSource, type Served } from '../e2e/servers.js';

const WEIGHTS = '/midas.safetensors';
const INPUT = ['page ends', 32, 32] as const;

let chromium: Chromium;
let served: Served;
let files: ServedFiles;
let page: Page;
let watch: Watch;
let expected: number[];

beforeAll(async () => {
  files = new ServedFiles().add(WEIGHTS, midasWeights('F32'));
  [chromium, served] = await Promise.all([startChromium(), serveSource(files, 'test/e2e/page')]);
  ({ page, watch } = await openPage(chromium.browser));
  await open();
  expected = await page.evaluate((...of) => window.door.runSeeded(...of), ...INPUT);
  expect(new Set(expected).size).toBeGreaterThan(100);
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

async function open(): Promise<void> {
  await page.goto(served.url);
  await page.waitForFunction(() => 'door' in window);
  await page.evaluate((url) => window.door.load(url), WEIGHTS);
}

const inWorker = (endless: boolean) => {
  const [name, H, W] = INPUT;
  return page.evaluate((task) => window.door.runInWorker(task), { url: WEIGHTS, name, H, W, endless });
};

describe('a worker', () => {
  it('loads 85 MB from what the page has kept, and computes the same', async () => {
    const sent = files.sent.length;
    expect(await inWorker(false)).toEqual(expected);
    expect(files.sent.length).toBe(sent);
  });

  it('that is terminated while it runs leaves the page, and the next worker', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await inWorker(true)).toBeUndefined();
      expect(await page.evaluate((...of) => window.door.runSeeded(...of), ...INPUT)).toEqual(expected);
    }
    expect(await inWorker(false)).toEqual(expected);
  });
});

describe('a page', () => {
  it('that is left, loaded anew or closed while it runs leaves the browser, and the next page', async () => {
    for (let i = 0; i < 3; i++) {
      await page.evaluate(() => window.door.startRuns(6, 64, 64));
      if (i === 0) await page.goto('about:blank');
      if (i === 1) await page.reload();
      if (i === 2) {
        await page.close();
        ({ page, watch } = await openPage(chromium.browser));
      }
      await open();
      expect(await page.evaluate((...of) => window.door.runSeeded(...of), ...INPUT)).toEqual(expected);
      expect(watch.complaints).toEqual([]);
    }
    expect(chromium.browser.connected).toBe(true);
  });
});
