import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/depth/formats/png.js';
import { loadDepthModel } from '../../src/index.js';
import { seededCheckpoint, seededPicture } from '../../truth/seeded_weights.js';
import { openPage, ROOT, startChromium, type Chromium, type Watch } from '../e2e/chromium.js';
import { textOf, waitForMap } from '../e2e/demo_page.js';
import { opaque } from '../e2e/midas.js';
import { serveStandIn, type StandInServer } from '../e2e/peer_stand_in.js';
import { serveBuilt, ServedFiles, type Served } from '../e2e/servers.js';
import { testGpu } from '../gpu.js';
import { checkpointTensors } from '../models/fixtures.js';

/** The network's own size, so that the browser scales nothing. */
const PICTURE = { width: 84, height: 56, data: opaque(seededPicture('peer', 56, 84)) };

let chromium: Chromium;
let served: Served;
let peer: StandInServer;
let page: Page;
let watch: Watch;
let map: Float32Array;

beforeAll(async () => {
  const weights = seededCheckpoint(checkpointTensors('depth-anything-small'));
  const using = { device: (await testGpu()).device, model: 'depth-anything-v2-small', convention: 'hub' } as const;
  const model = await loadDepthModel(weights, { ...using, precision: 'f32' });
  const depth = await model.estimate(PICTURE, { inputSize: 56 });
  map = await depth.read();
  model.dispose();
  peer = await serveStandIn();
  peer.weights = new Uint8Array(map.slice().buffer);
  const png = await encodePng({ ...PICTURE, channels: 4, data: new Uint8Array(PICTURE.data) });
  const files = new ServedFiles().add('/picture.png', png).add('/depth.safetensors', weights);
  [chromium, served] = await Promise.all([startChromium(), serveBuilt(files, peer.peer)]);
  ({ page, watch } = await openPage(chromium.browser));
  await page.setViewport({ width: 1280, height: 900 });
  const query = 'model=depth-anything-v2-small&weights=/depth.safetensors&image=/picture.png&size=56';
  await page.goto(`${served.url}?${query}&view=peer`);
  await page.waitForSelector('#peer-start');
  await waitForMap(page, PICTURE.width, PICTURE.height);
});
afterAll(async () => {
  await chromium?.close();
  await Promise.all([served?.close(), peer?.close()]);
});

/** Compares; gives what the page says of how far the maps agree. */
async function compared(): Promise<{ largest: number; mean: number; correlation: number }> {
  await page.click('#peer-start');
  await page.waitForFunction(
    () =>
      document.querySelector('#error')?.textContent !== '' ||
      (document.querySelector('#peer-agreement') && document.querySelector<HTMLElement>('#peer-stop')?.hidden),
    { timeout: 300_000 },
  );
  expect(await textOf(page, '#error')).toBe('');
  const words = await textOf(page, '#peer-agreement');
  const [, largest, mean, correlation] = /difference (\S+) % .* mean (\S+) %; correlation ([\d.]+);/.exec(words)!;
  return { largest: Number(largest) / 100, mean: Number(mean) / 100, correlation: Number(correlation) };
}

describe('A/B beside another library that gives the map that is right', () => {
  it('finds no difference, and says what both took', async () => {
    const { largest, mean, correlation } = await compared();
    expect(largest).toBeLessThanOrEqual(1e-4);
    expect(mean).toBeLessThanOrEqual(1e-5);
    expect(correlation).toBe(1);
    const rows = await page.$$eval('#peer-result tr', (all) =>
      all.map((row) => [...(row as HTMLTableRowElement).cells].map((cell) => cell.textContent)),
    );
    const time = expect.stringMatching(/^[\d.]+ m?s$/) as unknown;
    const range = expect.stringMatching(/^[\d.]+ m?s \([\d.]+ m?s to [\d.]+ m?s\)$/) as unknown;
    const bytes = expect.stringMatching(/^[\d.]+ [KM]B$/) as unknown;
    expect(rows).toEqual([
      ['', 'Depthwise', 'transformers.js'],
      ['Loading', time, time],
      ['First map', time, time],
      ['Further maps: median (least to most)', range, range],
      ['Code downloaded', bytes, bytes],
      // Depthwise has kept what the page itself estimated with.
      ['Weights downloaded', 'none: they were here', `${((4 * map.length) / 1000).toFixed(0)} KB`],
    ]);
    expect(await textOf(page, '#peer-result')).toMatch(/network's input 84 × 56; \d+ further maps of each, in turns/);
    expect(await textOf(page, '#status')).toMatch(/^Depthwise took [\d.]+ times as long for a map/);
    await page.screenshot({ path: join(ROOT, 'test/output/demo-peer.png'), fullPage: true });
  });

  it('finds a difference where there is one', async () => {
    const other = map.slice();
    const span = Math.max(...map) - Math.min(...map);
    other[0]! += 0.1 * span;
    peer.weights = new Uint8Array(other.buffer);
    const { largest, mean } = await compared();
    expect(largest).toBeGreaterThan(0.09);
    expect(largest).toBeLessThan(0.11);
    expect(mean).toBeLessThan(1e-3);
  });

  it('takes away what was found when another picture is shown', async () => {
    await page.click('#strip-list button');
    await page.waitForFunction(() => document.querySelector('#peer-result')?.childElementCount === 0);
  });

  it('leaves the console empty', () => {
    expect(watch.complaints).toEqual([]);
  });
});
