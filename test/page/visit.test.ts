import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElementHandle, Page } from 'puppeteer';
import sharp from 'sharp';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { longestScripts } from '../e2e/long_tasks.js';
import { BUILT_PAGE, serveBuilt, ServedFiles } from '../e2e/servers.js';

const PHOTOS = join(ROOT, 'demo/public/gallery/photos');
/** Of the processor, in milliseconds: what holds a page up for longer is a long task. */
const LONG_TASK = 50;
/** Of what is seen, by what is there at first: a shift that nobody notices. */
const LAYOUT_SHIFT = 0.01;

let chromium: Chromium;
let url: string;
let page: Page;
let watch: Watch;
let closeServer: (() => Promise<void>) | undefined;
/** Paths in the order they were asked for. */
const asked: string[] = [];

beforeAll(async () => {
  const [browser, served] = await Promise.all([startChromium(), serveBuilt(new ServedFiles())]);
  chromium = browser;
  ({ url, close: closeServer } = served);
  ({ page, watch } = await openPage(chromium.browser));
  page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
  await page.evaluateOnNewDocument(() => {
    const seen = (window.visit = { shift: 0, largest: 0, drawn: 0, tasks: [] as PerformanceEntry[] });
    new MutationObserver(() => {
      if (document.querySelector('#map-frame.drawn')) seen.drawn ||= performance.now();
    }).observe(document, { subtree: true, attributes: true, childList: true });
    const watch = (type: string, note: (entry: PerformanceEntry) => void) =>
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
    watch('longtask', (task) => seen.tasks.push(task));
    watch('largest-contentful-paint', ({ startTime }) => (seen.largest = startTime));
    watch('layout-shift', (entry) => {
      const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      if (!hadRecentInput) seen.shift += value;
    });
  });
});
afterAll(async () => {
  await chromium?.close();
  await closeServer?.();
});

describe('a visit of the page', () => {
  it('shows its first picture without a long task of its scripts', async () => {
    const scripts = await longestScripts(page, async () => {
      await page.goto(url);
      await page.waitForSelector('#map-frame.drawn');
    });
    console.log(`tasks of scripts, ms of the processor: ${scripts.slice(0, 5).map((ms) => ms.toFixed(0))}`);
    expect(scripts.length).toBeGreaterThan(10);
    expect(scripts[0]).toBeLessThan(LONG_TASK);
    const { shift } = await visit('first visit');
    expect(shift).toBeLessThan(LAYOUT_SHIFT);
  });

  it('has photographs besides, which are fetched when they are chosen', async () => {
    await page.waitForSelector('#strip-list li:nth-child(8)');
    const photographs = readdirSync(PHOTOS).filter((name) => /(?<!_small)\.jpg$/.test(name));
    expect(photographs.length).toBeGreaterThanOrEqual(2);
    expect(asked.filter((path) => photographs.includes(path.split('/').pop()!))).toEqual([]);
    await page.waitForFunction(
      async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated',
    );
    await page.click('#strip-list [aria-label^=Pagoda]');
    await waitForMap(page, 640, 427);
    await page.waitForSelector('#map-frame.drawn');
    expect(await colors()).toBeGreaterThan(1000);
    expect(await textOf(page, '#picture-caption')).toBe('pagoda.jpg · 640 × 427');
    await page.screenshot({ path: join(ROOT, 'test/output/demo-photograph.png') });
  });

  it('says whom a photograph is by, on what terms and what was changed, as long as it is on show', async () => {
    expect(await textOf(page, '#credit')).toBe('Photograph: danielbuechele, CC BY 2.0, compressed anew');
    const links = await page.$$eval('#credit a', (all) => all.map((link) => (link as HTMLAnchorElement).href));
    expect(links).toEqual([
      'https://www.flickr.com/photos/danielbuechele/6061409035/',
      'https://creativecommons.org/licenses/by/2.0/',
    ]);
    expect(await page.$eval('#credit', (credit) => credit.checkVisibility())).toBe(true);
    await page.click('#strip-list [aria-label=Room]');
    await waitForMap(page, 640, 480);
    expect(await textOf(page, '#credit')).toBe('');
  });

  it('opens a photograph by a link, with its credit and marked in the row', async () => {
    await page.goto('about:blank');
    await page.goto(`${url}#image=./gallery/photos/raccoon.jpg&view=map`);
    await waitForMap(page, 800, 600);
    expect(await textOf(page, '#credit')).toBe('Photograph: public-domain-image.com, public domain, made smaller');
    expect(await page.$$eval('#strip-list [aria-pressed=true]', ([one]) => one!.ariaLabel)).toMatch(/^Raccoon/);
    expect(await page.evaluate(() => location.hash)).toContain('raccoon.jpg');
  });

  it('makes a picture smaller whose sides are more than every GPU takes', async () => {
    const file = join(chromium.downloads, 'long.png');
    await mkdir(chromium.downloads, { recursive: true });
    await sharp({ create: { width: 8193, height: 16, channels: 3, background: '#a63' } }).toFile(file);
    const input = (await page.$('#picture-file')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
    await waitForMap(page, 8192, 15);
    expect(await textOf(page, '#picture-caption')).toBe('long.png · 8192 × 15');
  });

  it('has their licences beside them, of each file', () => {
    const text = readFileSync(join(PHOTOS, 'LICENCES.md'), 'utf8');
    for (const name of readdirSync(PHOTOS).filter((file) => file.endsWith('.jpg'))) {
      expect(text, name).toContain(`\`${name.replace('_small', '')}\``);
      expect(statSync(join(PHOTOS, name)).size, name).toBeLessThan(120_000);
    }
  });

  it('shows without a network the photographs that were seen, and says so of the others', async () => {
    expect(watch.complaints).toEqual([]);
    await closeServer!();
    closeServer = undefined;
    await page.goto('about:blank');
    await page.goto(url);
    await page.waitForSelector('#map-frame.drawn');
    const { shift } = await visit('second visit, without a network');
    expect(shift).toBeLessThan(LAYOUT_SHIFT);
    await page.waitForSelector('#strip-list li:nth-child(8)');
    await page.click('#strip-list [aria-label^=Pagoda]');
    await waitForMap(page, 640, 427);
    await page.click('#strip-list [aria-label^=Photographer]');
    await page.waitForFunction(() => document.querySelector('#error')?.textContent !== '');
    expect(await textOf(page, '#error')).toMatch(/^The picture .*photographer\.jpg could not be fetched: .* network/);
    expect(await textOf(page, '#credit')).toContain('danielbuechele');
  });
});

/** What a visit was like until its first picture was in 3-D, which is written down: docs/performance.md. */
async function visit(name: string): Promise<{ readonly shift: number }> {
  const { shift, largest, drawn, tasks, paint, paths } = await page.evaluate(() => {
    const { visit } = window;
    const before = ({ startTime }: PerformanceEntry) => startTime < visit.drawn;
    const fetched = performance.getEntriesByType('resource').filter((entry) => before(entry));
    return {
      ...visit,
      tasks: visit.tasks.filter(before).map(({ duration }) => duration),
      paint: performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
      paths: fetched.map(({ name: address }) => new URL(address).pathname),
    };
  });
  const files = ['/index.html', ...new Set(paths.filter((path) => path.startsWith('/')))];
  // Scripts and texts as they are sent, weights and pictures as they are.
  const size = (path: string) => {
    const content = readFileSync(join(BUILT_PAGE, path));
    return /\.(?:html|js|css|svg|webmanifest)$/.test(path) ? gzipSync(content, { level: 9 }).length : content.length;
  };
  const bytes = files.reduce((sum, path) => sum + size(path), 0);
  const ms = (time: number) => `${time.toFixed(0)} ms`;
  console.log(
    `${name}: first contentful paint ${ms(paint)}, largest ${ms(largest)}, layout shift ${shift.toFixed(4)}, ` +
      `${tasks.length} long tasks, the longest of ${ms(Math.max(0, ...tasks))}, picture in 3-D ${ms(drawn)}; ` +
      `${files.length} files, ${bytes} bytes`,
  );
  return { shift };
}

/** How many colours the canvas of the scene has. */
function colors(): Promise<number> {
  return page.$eval('#scene-pixels', (canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const context = new OffscreenCanvas(width, height).getContext('2d')!;
    context.drawImage(canvas as HTMLCanvasElement, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)).size;
  });
}

declare global {
  interface Window {
    /** Of the page that is open: times in milliseconds. */
    visit: { shift: number; largest: number; drawn: number; readonly tasks: PerformanceEntry[] };
  }
}
