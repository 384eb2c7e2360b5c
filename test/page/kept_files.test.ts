import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/depth/formats/png.js';
import { loadDepthModel } from '../../src/index.js';
import { seededPicture } from '../../truth/seeded_weights.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { canFilm, colored, difference, film, framesOf, probe, timesOf } from '../e2e/clips.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { BT709, chooseVideo, depthOf, makeVideo } from '../e2e/demo_video.js';
import { opaque } from '../e2e/midas.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { testGpu } from '../gpu.js';

const PICTURE = { width: 96, height: 64, data: opaque(seededPicture('files', 64, 96)) };

let chromium: Chromium;
let served: Served;
let files: ServedFiles;
let page: Page;
let watch: Watch;

beforeAll(async () => {
  const png = await encodePng({ ...PICTURE, channels: 4, data: new Uint8Array(PICTURE.data.buffer) });
  const nano = await readFile(join(ROOT, 'models/nano.safetensors'));
  files = new ServedFiles().add('/picture.png', png).add('/one.safetensors', nano).add('/two.safetensors', nano);
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files)]);
  await mkdir(chromium.downloads, { recursive: true });
  ({ page, watch } = await openPage(chromium.browser));
});
afterAll(async () => {
  await chromium?.close();
  await served?.close();
});

const open = async (query: string) => {
  await page.goto(`${served.url}?image=/picture.png&size=96${query}`);
  await waitForMap(page, PICTURE.width, PICTURE.height);
};

describe('weights that the browser keeps', () => {
  const names = () => page.$$eval('#kept-list .name', (all) => all.map(({ textContent }) => textContent));
  const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.ariaLabel);
  const press = async (...keys: ('Tab' | 'Enter')[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const summaryIs = (of: string) =>
    page.waitForFunction((is) => document.querySelector('#kept-summary')?.textContent === is, {}, of);

  it('are listed with size and date, and those of the page itself are not among them', async () => {
    const begin = Date.now();
    await open('');
    await summaryIs('Kept weights: none');
    await open('&weights=/one.safetensors');
    await summaryIs('Kept weights: 1 file, 3.0 MB');
    await open('&weights=/two.safetensors');
    await summaryIs('Kept weights: 2 files, 5.9 MB');
    expect((await names()).sort()).toEqual(['one.safetensors', 'two.safetensors']);
    const days = await page.evaluate(
      (times) => times.map((time) => new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' })),
      [begin, Date.now()],
    );
    for (const facts of await page.$$eval('#kept-list .hint', (all) => all.map(({ textContent }) => textContent)))
      expect(days.map((day) => `3.0 MB · ${day}`)).toContain(facts);
  });

  it('are cleared one by one with the keyboard, and the screen reader is told', async () => {
    await page.focus('#kept-summary');
    await press('Enter');
    await press('Tab');
    const label = await focused();
    const [, name] = /^Clear (\w+\.safetensors), 3\.0 MB/.exec(label ?? '') ?? [];
    const other = name === 'one.safetensors' ? 'two.safetensors' : 'one.safetensors';
    expect(await page.$(`aria/${label}[role="button"]`), 'as a screen reader finds it').not.toBeNull();
    await press('Enter');
    await summaryIs('Kept weights: 1 file, 3.0 MB');
    expect(await names()).toEqual([other]);
    await page.waitForFunction((of) => document.querySelector('#status')?.textContent === of, {}, `Cleared ${name}.`);
    expect(await focused()).toBe('kept-summary');
    const sent = files.sent.length;
    await open(`&weights=/${other}`);
    expect(files.sent.slice(sent), 'the other is still kept').toEqual([]);
    await open(`&weights=/${name}`);
    expect(files.sent.slice(sent)).toEqual([`/${name}`]);
  });

  it.each(['light', 'dark'])('are written with contrast enough where the page is %s', async (value) => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await page.$eval('#kept', (part) => ((part as HTMLDetailsElement).open = true));
    const selectors = ['#kept-summary', '#kept > .hint', '#kept-list .name', '#kept-list .hint', '#clear-kept'];
    const colors = await page.evaluate(
      (all) =>
        all.map((selector) => {
          const ground = getComputedStyle(document.querySelector('#controls')!).backgroundColor;
          return [getComputedStyle(document.querySelector(selector)!).color, ground] as const;
        }),
      selectors,
    );
    expect(luminance(colors[0]![1]) < 0.5).toBe(value === 'dark');
    colors.forEach(([ink, ground], i) => expect(contrast(ink, ground), selectors[i]).toBeGreaterThanOrEqual(4.5));
  });

  it('are cleared all at once, and the part then says that there are none', async () => {
    await page.setViewport({ width: 390, height: 844 });
    await summaryIs('Kept weights: 2 files, 5.9 MB');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.focus('#clear-kept');
    await press('Enter');
    await summaryIs('Kept weights: none');
    expect(await names()).toEqual([]);
    expect(await page.$eval('#clear-kept', (button) => (button as HTMLElement).hidden)).toBe(true);
    await page.waitForFunction(() => document.querySelector('#status')?.textContent === 'Cleared all kept weights.');
  });
});

describe.skipIf(!canFilm)('a video file', () => {
  const at = (name: string) => join(chromium.downloads, name);
  const size = { width: 160, height: 120 };

  it('becomes a video of the depth of every frame beside it, with its sound, by the keyboard', async () => {
    film(
      { sound: true, format: 'gray', size: '160x120', seconds: 0.3 },
      ...BT709,
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      at('clip.mp4'),
    );
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(request.url()));
    await page.setViewport({ width: 390, height: 844 });
    await page.goto(`${served.url}?image=/picture.png&size=32&colormap=gray`);
    await waitForMap(page, PICTURE.width, PICTURE.height);
    expect(await page.$('#depth-video')).toBeNull();
    await chooseVideo(page, at('clip.mp4'));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const encoder = () => asked.filter((url) => /depth_video/.test(url));
    expect(encoder(), 'before it is asked for').toEqual([]);
    await page.focus('#depth-video-layout');
    await page.keyboard.type('Picture');
    await page.focus('#depth-video');
    for (const name of ['aria/Depth of the video[role="group"]', 'aria/Depth video[role="button"]'])
      expect(await page.$(name), name).not.toBeNull();
    const made = await makeVideo(page, chromium.downloads, () => page.keyboard.press('Enter'));
    expect(encoder()).toHaveLength(1);
    expect(await textOf(page, '#status')).toBe(`Saved ${made.split('/').pop()}: 3 frames.`);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('depth-video');

    expect(probe(made, 'stream=width,height', '-select_streams', 'v')).toEqual(['320,120']);
    expect(timesOf(made).map(Number)).toEqual(timesOf(at('clip.mp4')).map(Number));
    const sound = (path: string) => probe(path, 'packet=data_hash', '-select_streams', 'a', '-show_data_hash', 'MD5');
    expect(sound(made)).toEqual(sound(at('clip.mp4')));
    expect(sound(made).length).toBeGreaterThan(10);
    const [frames, drawn] = [framesOf(at('clip.mp4'), 160, 120), framesOf(made, 320, 120)];
    const model = await loadDepthModel(await readFile(join(ROOT, 'models/nano.safetensors')), {
      device: (await testGpu()).device,
    });
    const { maps, range } = await depthOf(model, frames, 32);
    model.dispose();
    // Of 255; what encoding costs.
    drawn.forEach((frame, i) => {
      expect(difference(frame, frames[i]!), `picture ${i}`).toBeLessThan(4);
      expect(difference(frame, { data: colored('gray', maps[i]!, range), ...size }, 160), `depth ${i}`).toBeLessThan(3);
    });
  });
});

it('leaves the console empty', () => expect(watch.complaints).toEqual([]));

/** Contrast of two colours, and relative luminance of one, as WCAG 2.2 defines them. */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = color.match(/[\d.]+/g)!.map((code) => {
    const value = Number(code) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
