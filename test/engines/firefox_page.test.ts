import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDepthModel } from '../../src/index.js';
import { openPage, ROOT, type Watch } from '../e2e/chromium.js';
import { canFilm, colored, difference, film, framesOf, probe, timesOf } from '../e2e/clips.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { BT709, chooseVideo, depthOf } from '../e2e/demo_video.js';
import { startFirefox, type Firefox } from '../e2e/firefox.js';
import { serveStandIn, type StandInServer } from '../e2e/peer_stand_in.js';
import { ServedFiles, serveBuilt, type Served } from '../e2e/servers.js';
import { testGpu } from '../gpu.js';

/** Compiling takes wgpu its time, on a processor minutes. */
const PATIENCE = { timeout: 300_000 };

/** The one of the two canvases that shows the scene. */
const SCENE = ':is(#scene, #scene-pixels):not([hidden])';

let firefox: Firefox;
let served: Served;
let peer: StandInServer;
let page: Page;
let watch: Watch;
let folder: string;

const ALL = process.env['DEPTHWISE_ENGINES'] === 'all';

beforeAll(async () => {
  if (!ALL) return;
  folder = await mkdtemp(join(tmpdir(), 'depthwise-firefox-files-'));
  firefox = await startFirefox();
  peer = await serveStandIn();
  served = await serveBuilt(new ServedFiles(), peer.peer);
  ({ page, watch } = await openPage(firefox.browser));
  await page.setViewport({ width: 1280, height: 900 });
  await page.evaluateOnNewDocument(() => {
    window.devices = [];
    // The empty page that is open at first has no WebGPU.
    if (!('gpu' in navigator)) return;
    const request = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (...of) {
      const device = await request.apply(this, of);
      window.devices.push(device);
      return device;
    };
    // A file that is saved would go to the home of whoever runs this.
    HTMLAnchorElement.prototype.click = function () {
      window.savedName = this.download;
    };
    const address = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      window.blob = blob as Blob;
      return address(blob);
    };
  });
});
afterAll(async () => {
  await firefox?.close();
  await Promise.all([served?.close(), peer?.close()]);
  if (folder) await rm(folder, { recursive: true });
});

const text = (selector: string) => textOf(page, selector);
const screenshot = (name: string) => page.screenshot({ path: join(ROOT, `test/output/firefox-${name}.png`) });

/** Colours of a canvas, made small, as one text. */
function colorsOf(selector: string): Promise<string> {
  return page.$eval(selector, (canvas) => {
    const small = new OffscreenCanvas(32, 24);
    const context = small.getContext('2d')!;
    context.drawImage(canvas as HTMLCanvasElement, 0, 0, 32, 24);
    return context.getImageData(0, 0, 32, 24).data.join();
  });
}
const distinct = (colors: string) => new Set(colors.match(/\d+,\d+,\d+,255/g)).size;

/** Waits for words on the page, or for what went wrong. */
async function waitFor(selector: string, words: string): Promise<void> {
  await page.waitForFunction(
    (of, pattern) =>
      new RegExp(pattern).test(document.querySelector(of)?.textContent ?? '') ||
      document.querySelector('#error')?.textContent !== '',
    PATIENCE,
    selector,
    words,
  );
  expect(await text('#error')).toBe('');
}

describe.runIf(ALL)('the built page in Firefox, under a strict content security policy', () => {
  it('shows depth at once, of a picture of its own, and the picture in 3-D', async () => {
    await page.goto(`${served.url}?size=128`);
    await waitForMap(page, 768, 576);
    expect(await text('#fact-precision')).toBe('f32');
    expect(await text('#fact-time')).toMatch(/^[\d.]+ m?s$/);
    await page.waitForSelector('#map-frame.drawn', PATIENCE);
    expect(distinct(await colorsOf(SCENE))).toBeGreaterThan(100);
    await screenshot('parallax');
  });

  it('shows every view, by the keyboard', async () => {
    let before = await colorsOf(SCENE);
    await page.focus('#view-parallax');
    for (const view of ['map', 'mesh', 'stereo', 'focus', 'normals', 'compare', 'peer']) {
      await page.keyboard.press('ArrowRight');
      if (['mesh', 'stereo', 'focus', 'normals'].includes(view)) {
        await page.waitForSelector('#map-frame.drawn', PATIENCE);
        await expect.poll(() => colorsOf(SCENE), { timeout: 120_000 }).not.toBe(before);
        before = await colorsOf(SCENE);
        expect(distinct(before), view).toBeGreaterThan(20);
      }
      if (view === 'compare') await waitFor('#agreement', '^Correlation of inverse depths 0\\.9[78]');
      if (view === 'peer') await page.waitForSelector('#peer-start');
      expect(await text('#error')).toBe('');
      await screenshot(view);
    }
    await page.click('[for=view-parallax]');
  });

  it('estimates anew after the device was lost, the same map, and shows it', async () => {
    const before = await colorsOf('#map');
    const lost = await page.evaluate(async () => {
      const devices = window.devices.splice(0);
      for (const device of devices) device.destroy();
      await Promise.all(devices.map((device) => device.lost));
      for (const said of document.querySelectorAll('#status, #error')) said.textContent = '';
      return devices.length;
    });
    expect(lost).toBeGreaterThan(0);
    await page.click('#estimate');
    await waitFor('#status', '^Depth estimated');
    expect(await page.evaluate(() => window.devices.length)).toBe(1);
    expect(await colorsOf('#map')).toBe(before);
    await page.waitForSelector('#map-frame.drawn', PATIENCE);
    expect(distinct(await colorsOf(SCENE))).toBeGreaterThan(100);
  });

  it('follows the camera, steadily too, and keeps the last frame when it stops', async () => {
    const rate = () => waitFor('#fact-time', '^(?!0\\.0)\\d+\\.\\d fps$');
    await page.click('#camera');
    await rate();
    expect(await text('#camera')).toBe('Stop camera');
    await page.$eval('#fact-time', (fact) => (fact.textContent = ''));
    await page.click('#steady');
    await rate();
    expect(distinct(await colorsOf('#map'))).toBeGreaterThan(20);
    await screenshot('camera');
    await page.click('#camera');
    await waitFor('#fact-time-name', '^Time$');
    expect(await text('#picture-caption')).toMatch(/^camera\.png · \d+ × \d+$/);
  });

  it.skipIf(!canFilm)('makes a video of the depth of a video file, every frame with its time', async () => {
    const clip = join(folder, 'clip.mp4');
    film({ format: 'gray', size: '160x120', seconds: 0.3 }, ...BT709, '-pix_fmt', 'yuv420p', clip);
    await page.goto(`${served.url}?size=32&colormap=gray`);
    await waitForMap(page, 768, 576);
    await chooseVideo(page, clip);
    await page.click('#depth-video');
    await waitFor('#status', '^Saved clip-nano\\.\\w+: 3 frames\\.$');
    const { name, bytes } = await page.evaluate(async () => ({
      name: window.savedName,
      bytes: [...new Uint8Array(await window.blob.arrayBuffer())],
    }));
    const made = join(folder, name);
    await writeFile(made, Uint8Array.from(bytes));
    console.log(`${name}: ${probe(made, 'stream=codec_name').join()}, ${bytes.length} bytes`);
    expect(probe(made, 'stream=width,height', '-select_streams', 'v')).toEqual(['160,120']);
    const nano = await readFile(join(ROOT, 'models/nano.safetensors'));
    const model = await loadDepthModel(nano, { device: (await testGpu()).device });
    const { maps, range } = await depthOf(model, framesOf(clip, 160, 120), 32);
    model.dispose();
    // Of 255; what encoding costs.
    framesOf(made, 160, 120).forEach((frame, i) => {
      const depth = { data: colored('gray', maps[i]!, range), width: 160, height: 120 };
      expect(difference(frame, depth), `depth ${i}`).toBeLessThan(3);
    });
    expect(timesOf(made).map(Number)).toEqual(timesOf(clip).map(Number));
    await screenshot('video');
  });

  it('loads another library in its worker, and then its own side, which says what is missing', async () => {
    await page.goto(`${served.url}?model=depth-anything-v2-small&weights=/none.safetensors&view=peer`);
    await page.waitForSelector('#peer-start');
    expect(peer.requests).toEqual([]);
    await page.click('#peer-start');
    await page.waitForFunction(() => document.querySelector('#error')?.textContent !== '', PATIENCE);
    expect(await text('#error')).toMatch(/none\.safetensors.*(404|not weights)/);
    expect(peer.requests).toContain('/weights');
  });

  it('leaves the console empty and other origins alone', () => {
    expect(watch.complaints).toEqual([]);
    expect([...watch.origins].sort()).toEqual([served.url, peer.url].map((url) => new URL(url).origin).sort());
  });
});

declare global {
  interface Window {
    /** Devices that the page opened and did not lose. */
    devices: GPUDevice[];
    /** What the page saved last, and its name. */
    blob: Blob;
    savedName: string;
  }
}
